"""API keys: from which addresses, for which products even when those are deleted, and what took their place."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0004_audit_log"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="addresses",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="apikey",
            name="every_product",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="successor",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="products.apikey",
            ),
        ),
        migrations.RunSQL(
            "update api_key k set every_product = false from api_key_product p"
            " where (p.workspace_id, p.api_key_id) = (k.workspace_id, k.id)",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "alter table api_key add constraint api_key_successor_same_workspace"
            " foreign key (workspace_id, successor_id) references api_key (workspace_id, id)",
            "alter table api_key drop constraint api_key_successor_same_workspace",
        ),
    ]
