"""An index of the conversations that last longer than a day, for the list of a day long ago."""

import datetime

from django.db import migrations, models
from django.db.models.lookups import GreaterThan

LASTED = models.F("last_message_at") - models.F("first_message_at")


class Migration(migrations.Migration):
    dependencies = [("conversations", "0014_messages_by_hash")]

    operations = [
        migrations.AddIndex(
            "conversation",
            models.Index(
                fields=["workspace", "-last_message_at", "-id"],
                include=["product", "first_message_at"],
                condition=models.Q(GreaterThan(LASTED, models.Value(datetime.timedelta(days=1)))),
                name="conversation_long_last",
            ),
        ),
    ]
