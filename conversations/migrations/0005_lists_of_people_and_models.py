"""Indexes for the lists of users and organizations, and for counting conversations by model."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0004_composite_keys_of_ratings_events_prompts"),
        ("products", "0003_requests"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="conversation",
            name="conversation_product_last",
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["workspace", "product", "-last_message_at", "-id"],
                include=("model",),
                name="conversation_product_last",
            ),
        ),
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(fields=["workspace", "-created_at", "-id"], name="organization_newest"),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(fields=["workspace", "-created_at", "-id"], name="participant_newest"),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(
                condition=models.Q(("organization__isnull", False)),
                fields=["workspace", "organization", "-created_at", "-id"],
                name="participant_organization",
            ),
        ),
    ]
