"""External ids of messages are unique by one index of their hashes, a third as large as the two before."""

from pathlib import Path

from django.db import migrations, models

SQL = (Path(__file__).parents[1] / "ingest" / "accept.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("conversations", "0013_exports")]

    operations = [
        migrations.RemoveConstraint("message", "message_external_unique"),
        migrations.RemoveIndex("message", "message_external_hash"),
        migrations.AddConstraint(
            "message",
            models.UniqueConstraint(
                models.Func(
                    "external_id",
                    models.Func(
                        "workspace",
                        models.Value(0),
                        function="uuid_hash_extended",
                        output_field=models.BigIntegerField(),
                    ),
                    function="hashtextextended",
                    output_field=models.BigIntegerField(),
                ),
                models.F("conversation"),
                condition=models.Q(external_id__isnull=False),
                name="message_external_unique",
            ),
        ),
        migrations.RemoveIndex("message", "message_conversation_order"),
        migrations.AddIndex(
            "message",
            models.Index(fields=["conversation", "created_at", "position"], name="message_conversation_order"),
        ),
        # Looks by the hash. Going back, the one before does what the one before that did.
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
