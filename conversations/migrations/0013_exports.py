"""Exports of conversations, and their files in pieces."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import products.models.ids


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0012_saved_views"),
        ("products", "0003_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("format", models.CharField(choices=[("csv", "CSV"), ("jsonl", "JSONL")], max_length=5)),
                ("query", models.TextField(blank=True, default="")),
                ("zone", models.CharField(max_length=64)),
                ("product_ids", models.JSONField()),
                ("total", models.PositiveIntegerField(null=True)),
                ("done", models.PositiveIntegerField(default=0)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("progressed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports",
                        to="products.member",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports",
                        to="products.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "export",
            },
        ),
        migrations.CreateModel(
            name="ExportChunk",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveBigIntegerField()),
                ("data", models.BinaryField()),
                (
                    "export",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="conversations.export",
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
                "db_table": "export_chunk",
            },
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["workspace", "member", "-created_at"], name="export_member_newest"),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(("format__in", ["csv", "jsonl"])), name="export_format_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="exportchunk",
            constraint=models.UniqueConstraint(
                fields=("workspace", "export", "position"), name="export_chunk_position_unique"
            ),
        ),
        # As every table of a workspace: the workspace in its key, and no reaching into another.
        *(
            migrations.RunSQL(
                f'alter table "{table}" drop constraint "{table}_pkey", add primary key (id, workspace_id)',
                f'alter table "{table}" drop constraint "{table}_pkey", add primary key (id)',
            )
            for table in ("export", "export_chunk")
        ),
        *(
            migrations.RunSQL(
                f'alter table "{table}" add constraint "{table}_{target}_same_workspace"'
                f' foreign key (workspace_id, {target}_id) references "{target}" (workspace_id, id)',
                f'alter table "{table}" drop constraint "{table}_{target}_same_workspace"',
            )
            for table, target in (("export", "member"), ("export_chunk", "export"))
        ),
    ]
