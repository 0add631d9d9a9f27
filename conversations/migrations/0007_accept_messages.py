"""The function by which messages come in. A change of accept.sql is brought by a migration that does this again."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parents[1] / "ingest" / "accept.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("conversations", "0006_message_hash_holds_the_workspace")]

    operations = [migrations.RunSQL(SQL, "drop function accept_messages(uuid, jsonb, jsonb)")]
