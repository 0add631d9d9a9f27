"""Workspaces that are deleted, and the receipts of it."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import products.models.ids


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0006_invitations"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="deleted_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name="DeletedWorkspace",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("former_id", models.UUIDField()),
                ("name", models.CharField(max_length=120)),
                ("slug", models.CharField(max_length=64)),
                ("deleted_at", models.DateTimeField(auto_now_add=True)),
                ("total", models.PositiveBigIntegerField(null=True)),
                ("counts", models.JSONField(default=dict)),
                ("progressed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "deleted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "deleted_workspace",
                "constraints": [
                    models.UniqueConstraint(fields=("former_id",), name="deleted_workspace_former_id_unique")
                ],
            },
        ),
    ]
