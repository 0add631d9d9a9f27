"""How often something was tried lately. Counts need not survive a crash: their table is unlogged."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0007_deleted_workspaces"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempts",
            fields=[
                ("key_hash", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "attempts",
                "indexes": [models.Index(fields=["expires_at"], name="attempts_expires")],
            },
        ),
        migrations.RunSQL("alter table attempts set unlogged", "alter table attempts set logged"),
    ]
