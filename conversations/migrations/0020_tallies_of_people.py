"""What users and organizations have in each product, by which their lists are sorted; of what was counted before, too."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = (Path(__file__).parents[1] / "ingest" / "accept.sql").read_text()
FILL_ORGANIZATION = """
update conversation_tally t set organization_id = c.organization_id from conversation c
 where c.workspace_id = t.workspace_id and c.id = t.conversation_id and c.organization_id is not null
"""
# Events that wait to be counted are counted with their types.
FILL = """
insert into {who}_tally (workspace_id, product_id, {who}_id, conversations, messages, ratings, rating_sum, events,
                         first_at, last_at)
select workspace_id, product_id, {who}_id, sum(conversations), sum(messages), sum(ratings), sum(rating_sum), sum(events),
       min(first_at), max(last_at)
  from (
    select t.workspace_id, t.product_id, t.{who}_id, t.conversations, t.messages, t.ratings, t.rating_sum, 0 as events,
           c.first_message_at as first_at, c.last_message_at as last_at
      from conversation_tally t
      join conversation c on c.workspace_id = t.workspace_id and c.id = t.conversation_id
    union all
    select e.workspace_id, e.product_id, e.{who}_id, 0, 0, 0, 0, 1, null, null
      from event e where not exists (select from uncounted u where u.event_id = e.id)
  ) as each where {who}_id is not null group by workspace_id, product_id, {who}_id
"""


def belongs_to(
    target: str, on_delete: object = django.db.models.deletion.CASCADE, **options: bool
) -> models.ForeignKey:
    return models.ForeignKey(target, on_delete, db_constraint=False, db_index=False, related_name="+", **options)


def same_workspace(table: str, target: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f'alter table "{table}" add constraint "{table}_{target}_same_workspace"'
        f' foreign key (workspace_id, {target}_id) references "{target}" (workspace_id, id)',
        f'alter table "{table}" drop constraint "{table}_{target}_same_workspace"',
    )


def tally_of(who: str, model: str) -> migrations.CreateModel:
    return migrations.CreateModel(
        model,
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "workspace_id",
                    "product_id",
                    f"{who}_id",
                    blank=True,
                    editable=False,
                    primary_key=True,
                    serialize=False,
                ),
            ),
            ("workspace", belongs_to("products.workspace")),
            ("product", belongs_to("products.product")),
            (who, belongs_to(f"conversations.{who}")),
            ("conversations", models.IntegerField(default=0)),
            ("messages", models.IntegerField(default=0)),
            ("ratings", models.IntegerField(default=0)),
            ("rating_sum", models.DecimalField(default=0)),
            ("events", models.IntegerField(default=0)),
            ("first_at", models.DateTimeField(null=True)),
            ("last_at", models.DateTimeField(null=True)),
        ],
        options={"db_table": f"{who}_tally"},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0019_lists_of_people_and_ratings"),
        ("products", "0009_archived_and_deleted_products"),
    ]

    operations = [
        tally_of("participant", "ParticipantTally"),
        tally_of("organization", "OrganizationTally"),
        *(
            same_workspace(f"{who}_tally", target)
            for who in ("participant", "organization")
            for target in ("product", who)
        ),
        migrations.AddField(
            "conversationtally",
            "organization",
            belongs_to("conversations.organization", django.db.models.deletion.DO_NOTHING, null=True),
        ),
        same_workspace("conversation_tally", "organization"),
        migrations.RunSQL(FILL_ORGANIZATION, migrations.RunSQL.noop),
        *(migrations.RunSQL(FILL.format(who=who), migrations.RunSQL.noop) for who in ("participant", "organization")),
        # Tells the worker of a conversation that gets an organization and nothing else. Going back, the one before does
        # what the one before that did.
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
