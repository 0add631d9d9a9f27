-- Whether something was said in a conversation: all of these folded texts in one message. A migration brings this file into
-- the database (conversations/search.py calls it). A function, because the planner must take it for what it is, something
-- to be asked of one conversation after the other: with the same as a condition, it reads all that was ever said. Not
-- parallel safe, because to start other processes takes longer than a page.
create or replace function conversation_says(_workspace uuid, _conversation uuid, _terms text[]) returns boolean
language plpgsql stable strict cost 1000
as $$
begin
  if cardinality(_terms) = 1 then
    return exists (
      select from search_row s
       where s.workspace_id = _workspace and s.conversation_id = _conversation and strpos(s.text, _terms[1]) > 0);
  end if;
  return exists (
    select from search_row s cross join unnest(string_to_array(s.text, E'\x1f')) as said
     where s.workspace_id = _workspace and s.conversation_id = _conversation and strpos(s.text, _terms[1]) > 0
       and not exists (select from unnest(_terms) as term where strpos(said, term) = 0));
end $$;
