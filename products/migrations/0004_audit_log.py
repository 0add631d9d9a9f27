"""The audit log, whose rows even our own role may only add and read."""

import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models

import products.models.ids


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0003_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("action", models.CharField(max_length=40)),
                ("actor_id", models.UUIDField(null=True)),
                ("actor", models.CharField(blank=True, default="", max_length=254)),
                ("target_id", models.UUIDField(null=True)),
                ("target", models.CharField(blank=True, default="", max_length=254)),
                ("before", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("after", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("address", models.GenericIPAddressField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="products.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "audit_entry",
                "indexes": [models.Index(fields=["workspace", "-id"], name="audit_entry_workspace")],
            },
        ),
        # As every table of a workspace: the workspace in its key. It has no foreign keys: see the model.
        migrations.RunSQL(
            "alter table audit_entry drop constraint audit_entry_pkey, add primary key (id, workspace_id)",
            "alter table audit_entry drop constraint audit_entry_pkey, add primary key (id)",
        ),
        migrations.RunSQL(
            "revoke update, delete, truncate on audit_entry from current_user",
            "grant update, delete, truncate on audit_entry to current_user",
        ),
    ]
