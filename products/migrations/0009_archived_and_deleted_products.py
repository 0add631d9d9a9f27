"""Products that are archived, and receipts of deleted ones."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import products.models.ids


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0008_attempts"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeletedProduct",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("former_id", models.UUIDField()),
                ("name", models.CharField(max_length=120)),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "Production"), ("development", "Development")], max_length=11
                    ),
                ),
                ("deleted_at", models.DateTimeField(auto_now_add=True)),
                ("total", models.PositiveBigIntegerField()),
                ("counts", models.JSONField(default=dict)),
                ("progressed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "deleted_product",
            },
        ),
        migrations.RemoveConstraint(
            model_name="product",
            name="product_name_unique",
        ),
        migrations.AddField(
            model_name="product",
            name="archived_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="product",
            name="deleted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at__isnull", True)),
                fields=("workspace", "name", "environment"),
                name="product_name_unique",
            ),
        ),
        migrations.AddField(
            model_name="deletedproduct",
            name="deleted_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="deletedproduct",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deleted_products",
                to="products.workspace",
            ),
        ),
        migrations.AddConstraint(
            model_name="deletedproduct",
            constraint=models.UniqueConstraint(
                fields=("workspace", "former_id"), name="deleted_product_former_id_unique"
            ),
        ),
        # As every table of a workspace: the workspace in its key.
        migrations.RunSQL(
            'alter table "deleted_product" drop constraint "deleted_product_pkey", add primary key (id, workspace_id)',
            'alter table "deleted_product" drop constraint "deleted_product_pkey", add primary key (id)',
        ),
    ]
