"""Columns and indexes for the lists of users, organizations, ratings and events: a rating knows whose it is."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Coalesce, Lower, NullIf

FILL = """
update rating r set product_id = c.product_id, participant_id = c.participant_id, organization_id = c.organization_id
  from conversation c where c.workspace_id = r.workspace_id and c.id = r.conversation_id
"""
SHOWN_NAME = Lower(Coalesce(NullIf(models.F("name"), models.Value("")), models.F("external_id")))


def belongs_to(target: str, on_delete: object, **options: bool) -> models.ForeignKey:
    return models.ForeignKey(target, on_delete, db_constraint=False, db_index=False, related_name="ratings", **options)


def same_workspace(target: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f'alter table "rating" add constraint "rating_{target}_same_workspace"'
        f' foreign key (workspace_id, {target}_id) references "{target}" (workspace_id, id)',
        f'alter table "rating" drop constraint "rating_{target}_same_workspace"',
    )


CASCADE, NOTHING = django.db.models.deletion.CASCADE, django.db.models.deletion.DO_NOTHING


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0018_low_ratings"),
        ("products", "0009_archived_and_deleted_products"),
    ]

    operations = [
        migrations.AddField("rating", "product", belongs_to("products.product", CASCADE, null=True)),
        migrations.AddField("rating", "participant", belongs_to("conversations.participant", CASCADE, null=True)),
        migrations.AddField("rating", "organization", belongs_to("conversations.organization", NOTHING, null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        # Checks of foreign keys that still wait would keep the table from being altered.
        migrations.RunSQL("set constraints all immediate", migrations.RunSQL.noop),
        migrations.AlterField("rating", "product", belongs_to("products.product", CASCADE)),
        migrations.AlterField("rating", "participant", belongs_to("conversations.participant", CASCADE)),
        same_workspace("product"),
        same_workspace("participant"),
        same_workspace("organization"),
        migrations.AddIndex(
            "rating",
            models.Index(
                fields=["workspace", "product", "-rated_at", "-id"], include=["normalized"], name="rating_product_rated"
            ),
        ),
        migrations.AddIndex(
            "rating",
            models.Index(
                fields=["workspace", "participant", "-rated_at", "-id"],
                include=["product", "normalized"],
                name="rating_participant_rated",
            ),
        ),
        migrations.AddIndex(
            "rating",
            models.Index(
                fields=["workspace", "organization", "-rated_at", "-id"],
                include=["product", "normalized"],
                condition=models.Q(organization__isnull=False),
                name="rating_organization_rated",
            ),
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["workspace", "participant", "-event_at", "-id"],
                include=["product"],
                condition=models.Q(participant__isnull=False),
                name="event_participant_at",
            ),
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["workspace", "organization", "-event_at", "-id"],
                include=["product"],
                condition=models.Q(organization__isnull=False),
                name="event_organization_at",
            ),
        ),
        migrations.AddIndex(
            "participant",
            models.Index(models.F("workspace"), SHOWN_NAME, models.F("id"), name="participant_by_name"),
        ),
        migrations.AddIndex(
            "organization",
            models.Index(models.F("workspace"), SHOWN_NAME, models.F("id"), name="organization_by_name"),
        ),
        migrations.RemoveIndex("conversation", "conversation_participant_last"),
        migrations.RemoveIndex("conversation", "conversation_organization_last"),
        migrations.AddIndex(
            "conversation",
            models.Index(
                fields=["workspace", "participant", "-last_message_at", "-id"],
                include=["product"],
                name="conversation_participant_last",
            ),
        ),
        migrations.AddIndex(
            "conversation",
            models.Index(
                fields=["workspace", "organization", "-last_message_at", "-id"],
                include=["product"],
                condition=models.Q(organization__isnull=False),
                name="conversation_organization_last",
            ),
        ),
    ]
