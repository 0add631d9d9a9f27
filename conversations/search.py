"""Search over what was said: words and parts of words, quoted phrases, any script (docs/search.md).

A message matches that holds every word and phrase, folded (conversations/folding.py). The list of conversations asks
a `Search` for its condition and to mark what it found; the worker keeps what both read (conversations/visits.py).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.sql.compiler import SQLCompiler

from conversations.folding import fold
from conversations.rows import Row
from conversations.search_rows import grams
from conversations.snippets import Match, snippet

WORD_OR_PHRASE = re.compile(r'"([^"]*)"|([^"\s]+)')
# What pg_trgm finds something by: three letters or digits of an alphabet.
TRIGRAM = re.compile(r"[0-9a-z\u00aa-\u0dff]{3}")
# A text that so many of the newest conversations hold is looked for in one after the other: a page of it is found among
# 1,700 of them at worst, which takes 10 ms. A rarer one is looked up in an index.
NEWEST, COMMON = 400, 12
# Looked up where there are more, it is common after all, if not lately.
MOST = 5_000
# Ingest is asked for once twice a second; what waits longer than this lags.
LAG_SECONDS = 5
MOST_WAITING = 10_000
BEGINNING = 20_000

PROBE = """
select count(*) from (
  select from (
    select id from conversation where workspace_id = %s order by last_message_at desc, id desc limit %s) as newest
   where {says} limit %s) as found
"""
MATCHES = """
select c.id, m.id, left(m.content, %s), substr(found.text, greatest(strpos(found.text, %s) - 80, 1), 240)
  from unnest(%s::uuid[]) as c(id)
  cross join lateral (
    select encode(substr(s.message_ids, (16 * said.place - 15)::int, 16), 'hex')::uuid as message_id, said.text
      from search_row s cross join unnest(string_to_array(s.text, E'\\x1f')) with ordinality as said(text, place)
     where s.workspace_id = %s and s.conversation_id = c.id and strpos(s.text, %s) > 0
       and not exists (select from unnest(%s::text[]) as term where strpos(said.text, term) = 0)
     order by s.position, said.place limit 1) as found
  join message m on m.workspace_id = %s and m.id = found.message_id
"""
WAITING = """
select count(*) from (
  select from conversation
   where workspace_id = %s and search_due_at < now() - make_interval(secs => %s) limit %s) as due
"""


@dataclass(frozen=True)
class Search:
    """A text that is looked for in a workspace. It asks the database when it must, and once."""

    text: str
    workspace_id: UUID

    @cached_property
    def terms(self) -> list[str]:
        """The words and the "quoted phrases" of the text, folded; empty where it says nothing."""
        found = (fold(phrase or word) for phrase, word in WORD_OR_PHRASE.findall(fold(self.text)))
        return list(dict.fromkeys(term for term in found if term))

    @cached_property
    def condition(self) -> Q:
        """On conversations of the workspace: that this was said in them; none where the text says nothing."""
        if not self.terms:
            return Q()
        candidates = None if self._is_common() else self._looked_up()
        return Q(Says(self.terms)) if candidates is None else Q(Among(candidates))

    def mark(self, conversations: Sequence[Row]) -> None:
        """Give each of a page of conversations, in which this was said, the `match` that it shows; one query."""
        ids = [conversation.id for conversation in conversations]
        if not self.terms or not ids:
            return
        first, workspace_id = self.terms[0], self.workspace_id
        with connection.cursor() as cursor:
            cursor.execute(MATCHES, [BEGINNING, first, ids, workspace_id, first, self.terms, workspace_id])
            found = {
                id: Match(message_id, snippet(content or "", self.terms) or snippet(folded, self.terms))
                for id, message_id, content, folded in cursor.fetchall()
            }
        for conversation in conversations:
            conversation.match = found.get(conversation.id)

    def _is_common(self) -> bool:
        says, terms = says_sql("%s", "newest.id", self.terms)
        with connection.cursor() as cursor:
            cursor.execute(PROBE.format(says=says), [self.workspace_id, NEWEST, self.workspace_id, *terms, COMMON])
            return int(cursor.fetchone()[0]) == COMMON

    def _looked_up(self) -> str | None:
        """The conversations in which it was said, as PostgreSQL writes an array of ids; None for too many.

        It goes back as it came: two thousand ids took 5 ms to be read, made and written again.

        By an index where one serves; reading through all rows, for two letters, still takes a tenth of asking
        conversation after conversation.
        """
        conditions, values = ["s.workspace_id = %s"], [str(self.workspace_id)]
        short = set[str]().union(*map(grams, self.terms))
        if short:
            conditions.append("s.grams is not null and string_to_array(s.grams, ' ') @> string_to_array(%s, ' ')")
            values.append(" ".join([str(self.workspace_id), *short]))
        for term in filter(TRIGRAM.search, self.terms):
            conditions.append("s.text like %s")
            values.append(f"%{term.replace('\\', '\\\\').replace('%', '\\%').replace('_', '\\_')}%")
        holds, terms = holds_sql(self.terms)
        rows = f"select s.conversation_id from search_row s where {' and '.join(conditions)} and {holds} limit %s"  # noqa: S608
        ids = "coalesce(array_agg(found.conversation_id), '{}')::text"
        with connection.cursor() as cursor:
            cursor.execute(f"select count(*), {ids} from ({rows}) as found", [*values, *terms, MOST])  # noqa: S608
            count, found = cursor.fetchone()
        return None if count == MOST else str(found)


class Says(Func):
    """That all of these folded texts were said in one message of the conversation."""

    output_field = BooleanField()

    def __init__(self, terms: Sequence[str]) -> None:
        self.terms = terms
        super().__init__(F("workspace_id"), F("id"))

    def as_sql(self, compiler: SQLCompiler, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        """To be asked of one conversation after the other, in the order of the list."""
        workspace, conversation = (compiler.compile(each)[0] for each in self.get_source_expressions())
        sql, values = says_sql(workspace, conversation, self.terms)
        return sql, (*values,)


class Among(Func):
    """That the conversation is one of these, told as one value: a thousand took 20 ms to be written and read again."""

    output_field = BooleanField()
    template = "%(expressions)s::uuid[])"
    arg_joiner = " = any("

    def __init__(self, ids: str) -> None:
        super().__init__(F("id"), Value(ids))


def waiting(workspace_id: UUID) -> int:
    """How many conversations have said something that cannot be found yet, and should be by now; at most 10,000."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [workspace_id, LAG_SECONDS, MOST_WAITING])
        return int(cursor.fetchone()[0])


def says_sql(workspace: str, conversation: str, terms: Sequence[str]) -> tuple[str, list[str]]:
    """A condition that a conversation says this, and its values.

    `offset 0` keeps the planner from turning it around: as a join, it reads all that was ever said.
    """
    holds, values = holds_sql(terms)
    of = f"s.workspace_id = {workspace} and s.conversation_id = {conversation}"
    return f"exists (select from search_row s where {of} and {holds} offset 0)", values


def holds_sql(terms: Sequence[str]) -> tuple[str, list[str]]:
    """A condition that one message of the search row `s` holds all of these, and its values."""
    row = " and ".join(["strpos(s.text, %s) > 0"] * len(terms))
    if len(terms) == 1:
        return row, [*terms]
    message = row.replace("s.text", "said")
    messages = "unnest(string_to_array(s.text, E'\\x1f')) as said"
    return f"{row} and exists (select from {messages} where {message})", [*terms, *terms]
