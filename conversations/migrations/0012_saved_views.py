"""Saved views of the list of conversations."""

import django.db.models.deletion
from django.db import migrations, models

import products.models.ids


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0011_search"),
        ("products", "0003_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.TextField(blank=True, default="")),
                ("shared_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to="products.member",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to="products.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "saved_view",
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "member", "name"), name="saved_view_name_unique")
                ],
            },
        ),
        # As every table of a workspace: the workspace in its key, and no reaching into another.
        migrations.RunSQL(
            'alter table "saved_view" drop constraint "saved_view_pkey", add primary key (id, workspace_id)',
            'alter table "saved_view" drop constraint "saved_view_pkey", add primary key (id)',
        ),
        migrations.RunSQL(
            'alter table "saved_view" add constraint "saved_view_member_same_workspace"'
            ' foreign key (workspace_id, member_id) references "member" (workspace_id, id)',
            'alter table "saved_view" drop constraint "saved_view_member_same_workspace"',
        ),
    ]
