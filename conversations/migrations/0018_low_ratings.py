"""Low ratings have an index: Home shows the latest, and how many nobody has reviewed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0017_tallies"),
        ("products", "0009_archived_and_deleted_products"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(
                condition=models.Q(("normalized__lt", 0.4)),
                fields=["workspace", "-rated_at", "-id"],
                include=("conversation",),
                name="rating_low_latest",
            ),
        ),
    ]
