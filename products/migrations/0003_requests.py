"""What the API remembers of requests. Counts need not survive a crash: their table is unlogged."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0002_composite_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "api_key_id",
                        "minute",
                        "workspace_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("minute", models.DateTimeField()),
                ("count", models.PositiveBigIntegerField()),
                (
                    "api_key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.apikey",
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
                "db_table": "request_count",
            },
        ),
        migrations.CreateModel(
            name="RequestKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("body_hash", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("answer", models.BinaryField(default=b"")),
                ("created_at", models.DateTimeField()),
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
                "db_table": "request_key",
                "indexes": [models.Index(fields=["created_at"], name="request_key_created")],
            },
        ),
        migrations.RunSQL("alter table request_count set unlogged", "alter table request_count set logged"),
        migrations.RunSQL(
            "alter table request_count add constraint request_count_api_key_same_workspace"
            " foreign key (workspace_id, api_key_id) references api_key (workspace_id, id)",
            "alter table request_count drop constraint request_count_api_key_same_workspace",
        ),
    ]
