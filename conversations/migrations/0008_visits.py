"""Tokens of messages are counted by the worker's visits, no longer as messages come in."""

from pathlib import Path

from django.db import migrations, models

SQL = (Path(__file__).parents[1] / "ingest" / "accept.sql").read_text()
# What is here has been counted.
COUNTED = "update conversation set counted_position = last_position where last_position > 0"


class Migration(migrations.Migration):
    dependencies = [("conversations", "0007_accept_messages")]

    operations = [
        migrations.AddField("conversation", "counted_position", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.AddField("conversation", "search_due_at", models.DateTimeField(null=True)),
        migrations.RunSQL(COUNTED, migrations.RunSQL.noop),
        migrations.AddIndex(
            "conversation",
            models.Index(
                fields=["search_due_at"],
                condition=models.Q(search_due_at__isnull=False),
                name="conversation_search_due",
            ),
        ),
        migrations.RemoveField("message", "tokens"),
        # Going back, 0007 drops the function whatever it was.
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
