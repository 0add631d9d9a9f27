"""Tallies, which the worker keeps; all that is here is counted once more."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = (Path(__file__).parents[1] / "ingest" / "accept.sql").read_text()
# All that is here is counted once more, with its quarters of an hour. Until the worker has visited it, a conversation
# has the tokens of its prompts alone.
COUNT_ALL = """
update conversation c set counted_position = 0, search_due_at = coalesce(c.search_due_at, now()),
  half_tokens = coalesce((select sum(p.half_tokens) from prompt_use p
                           where p.workspace_id = c.workspace_id and p.conversation_id = c.id), 0);
insert into uncounted (workspace_id, event_id) select workspace_id, id from event
"""


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0016_what_a_member_leaves"),
        ("products", "0008_attempts"),
    ]

    operations = [
        migrations.CreateModel(
            name="EventTally",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id",
                        "product_id",
                        "quarter",
                        "type",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("quarter", models.DateTimeField()),
                ("type", models.CharField(max_length=255)),
                ("events", models.IntegerField(default=0)),
                ("positive", models.IntegerField(default=0)),
                ("negative", models.IntegerField(default=0)),
                ("value", models.DecimalField(default=0)),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.product",
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
            options={
                "db_table": "event_tally",
            },
        ),
        migrations.CreateModel(
            name="ProductTally",
            fields=[
                ("quarter", models.DateTimeField()),
                ("conversations", models.IntegerField(default=0)),
                ("messages", models.IntegerField(default=0)),
                ("user_messages", models.IntegerField(default=0)),
                ("tool_calls", models.IntegerField(default=0)),
                ("tool_errors", models.IntegerField(default=0)),
                ("half_tokens", models.BigIntegerField(default=0)),
                ("prompt_half_tokens", models.BigIntegerField(default=0)),
                ("ratings", models.IntegerField(default=0)),
                ("low_ratings", models.IntegerField(default=0)),
                ("high_ratings", models.IntegerField(default=0)),
                ("rating_sum", models.DecimalField(default=0)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id",
                        "product_id",
                        "quarter",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.product",
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
            options={
                "db_table": "product_tally",
            },
        ),
        migrations.CreateModel(
            name="Uncounted",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("conversation_id", models.UUIDField(null=True)),
                ("event_id", models.UUIDField(null=True)),
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
            options={
                "db_table": "uncounted",
            },
        ),
        migrations.CreateModel(
            name="ConversationTally",
            fields=[
                ("quarter", models.DateTimeField()),
                ("conversations", models.IntegerField(default=0)),
                ("messages", models.IntegerField(default=0)),
                ("user_messages", models.IntegerField(default=0)),
                ("tool_calls", models.IntegerField(default=0)),
                ("tool_errors", models.IntegerField(default=0)),
                ("half_tokens", models.BigIntegerField(default=0)),
                ("prompt_half_tokens", models.BigIntegerField(default=0)),
                ("ratings", models.IntegerField(default=0)),
                ("low_ratings", models.IntegerField(default=0)),
                ("high_ratings", models.IntegerField(default=0)),
                ("rating_sum", models.DecimalField(default=0)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id",
                        "conversation_id",
                        "quarter",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tallies",
                        to="conversations.conversation",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="conversations.participant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.product",
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
            options={
                "db_table": "conversation_tally",
                "indexes": [
                    models.Index(
                        condition=models.Q(("user_messages__gt", 0)),
                        fields=["workspace", "product", "quarter"],
                        include=("participant",),
                        name="conversation_tally_users",
                    )
                ],
            },
        ),
        # As every table of a workspace: the workspace in its key, and no reaching into another.
        migrations.RunSQL(
            'alter table "uncounted" drop constraint "uncounted_pkey", add primary key (id, workspace_id)',
            'alter table "uncounted" drop constraint "uncounted_pkey", add primary key (id)',
        ),
        *(
            migrations.RunSQL(
                f'alter table "{table}" add constraint "{table}_{target}_same_workspace"'
                f' foreign key (workspace_id, {target}_id) references "{target}" (workspace_id, id)',
                f'alter table "{table}" drop constraint "{table}_{target}_same_workspace"',
            )
            for table, target in (
                ("conversation_tally", "conversation"),
                ("product_tally", "product"),
                ("event_tally", "product"),
            )
        ),
        # Counts a prompt that comes with nothing new. Going back, the one before does what the one before that did.
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.RunSQL(COUNT_ALL, migrations.RunSQL.noop),
    ]
