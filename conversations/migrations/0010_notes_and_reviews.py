"""Notes with mentions, and reviews; their keys hold the workspace and can never reach into another one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import products.models.ids

# table, column, the table it points at
REFERENCES = [
    ("note", "conversation_id", "conversation"),
    ("mention", "note_id", "note"),
    ("review", "conversation_id", "conversation"),
]


def primary_key(table: str, columns: str) -> str:
    return f'alter table "{table}" drop constraint "{table}_pkey", add primary key ({columns})'


def foreign_key(table: str, column: str, target: str) -> str:
    return (
        f'alter table "{table}" add constraint "{table}_{target}_same_workspace"'
        f' foreign key (workspace_id, {column}) references "{target}" (workspace_id, id)'
    )


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0009_list_of_conversations"),
        ("products", "0003_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("message_id", models.UUIDField(null=True)),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("edited_at", models.DateTimeField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="conversations.conversation",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "note",
            },
        ),
        migrations.CreateModel(
            name="Mention",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=320)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.workspace",
                    ),
                ),
                (
                    "note",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to="conversations.note",
                    ),
                ),
            ],
            options={
                "db_table": "mention",
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reviewed_at", models.DateTimeField()),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="conversations.conversation",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "review",
            },
        ),
        migrations.AddIndex(
            model_name="note",
            index=models.Index(fields=["workspace", "conversation", "created_at"], name="note_conversation_created"),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=models.UniqueConstraint(
                fields=("workspace", "note", "person"), name="mention_note_person_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(fields=("workspace", "conversation"), name="review_conversation_unique"),
        ),
        *(
            migrations.RunSQL(primary_key(table, "id, workspace_id"), primary_key(table, "id"))
            for table, _, _ in REFERENCES
        ),
        *(
            migrations.RunSQL(
                foreign_key(table, column, target),
                f'alter table "{table}" drop constraint "{table}_{target}_same_workspace"',
            )
            for table, column, target in REFERENCES
        ),
    ]
