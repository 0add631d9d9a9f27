"""Invitations, and requests of members without products."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import products.models.ids
import products.models.invitation


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0005_api_key_limits"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access_requests",
                        to="products.member",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access_requests",
                        to="products.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "access_request",
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "member"), name="access_request_member_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("admin", "Admin"),
                            ("member", "Member"),
                            ("viewer", "Viewer"),
                        ],
                        default="member",
                        max_length=6,
                    ),
                ),
                ("product_ids", models.JSONField(default=list)),
                ("hash", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(default=products.models.invitation.expiry)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "inviter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="products.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "invitation",
                "constraints": [
                    models.UniqueConstraint(fields=("hash",), name="invitation_hash_unique"),
                    models.UniqueConstraint(
                        models.F("workspace"),
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        name="invitation_pending_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["owner", "admin", "member", "viewer"])),
                        name="invitation_role_known",
                    ),
                ],
            },
        ),
        # As every table of a workspace: the workspace in its key, and no reaching into another.
        *(
            migrations.RunSQL(
                f'alter table "{table}" drop constraint "{table}_pkey", add primary key (id, workspace_id)',
                f'alter table "{table}" drop constraint "{table}_pkey", add primary key (id)',
            )
            for table in ("access_request", "invitation")
        ),
        migrations.RunSQL(
            'alter table "access_request" add constraint "access_request_member_same_workspace"'
            ' foreign key (workspace_id, member_id) references "member" (workspace_id, id)',
            'alter table "access_request" drop constraint "access_request_member_same_workspace"',
        ),
    ]
