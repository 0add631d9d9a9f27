"""Search rows, which the worker's visits keep; all that is here is due for one."""

import django.db.models.deletion
from django.db import migrations, models

FOREIGN_KEY = """
alter table search_row add constraint search_row_conversation_same_workspace
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id)
"""
# Rows of up to 6 kB as they are, on their page: unpacking them took three times as long as looking through them.
STORAGE = """
alter table search_row alter column text set storage external, alter column grams set storage external;
alter table search_row set (toast_tuple_target = 8160)
"""
GRAMS = "create index search_row_grams on search_row using gin (string_to_array(grams, ' ')) where grams is not null"
# Without these extensions, which an owner of a database may have since PostgreSQL 13 where they are installed, search
# looks through all that was said.
TRIGRAMS = """
do $$ begin
  create extension if not exists pg_trgm;
  create extension if not exists btree_gin;
  create index search_row_text on search_row using gin (workspace_id, text gin_trgm_ops)
    with (gin_pending_list_limit = 65536);
exception when others then
  raise notice 'Search will be slow: % (docs/search.md)', sqlerrm;
end $$
"""
DUE = "update conversation set search_due_at = now() where search_due_at is null"


class Migration(migrations.Migration):
    dependencies = [("conversations", "0010_notes_and_reviews"), ("products", "0003_requests")]

    operations = [
        migrations.CreateModel(
            name="SearchRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "conversation_id",
                        "position",
                        "workspace_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("message_ids", models.BinaryField()),
                ("text", models.TextField()),
                ("grams", models.TextField(null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_rows",
                        to="conversations.conversation",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.workspace",
                    ),
                ),
            ],
            options={"db_table": "search_row"},
        ),
        migrations.RunSQL(FOREIGN_KEY, migrations.RunSQL.noop),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunSQL(GRAMS, "drop index search_row_grams"),
        migrations.RunSQL(TRIGRAMS, "drop index if exists search_row_text"),
        migrations.AddField("conversation", "indexed_position", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.RemoveIndex("conversation", "conversation_search_due"),
        migrations.RunSQL(DUE, migrations.RunSQL.noop),
        migrations.AddIndex(
            "conversation",
            models.Index(
                fields=["search_due_at", "workspace"],
                condition=models.Q(search_due_at__isnull=False),
                name="conversation_search_due",
            ),
        ),
    ]
