"""Indexes for the list of conversations: what is filtered by is in them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0008_visits"),
        ("products", "0003_requests"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="conversation",
            name="conversation_workspace_last",
        ),
        migrations.RemoveIndex(
            model_name="conversation",
            name="conversation_product_last",
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["workspace", "-last_message_at", "-id"],
                include=("product", "model", "message_count", "first_message_at"),
                name="conversation_workspace_last",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["workspace", "product", "-last_message_at", "-id"],
                include=("model", "message_count", "first_message_at"),
                name="conversation_product_last",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["workspace", "participant", "-last_message_at", "-id"], name="conversation_participant_last"
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("organization__isnull", False)),
                fields=["workspace", "organization", "-last_message_at", "-id"],
                name="conversation_organization_last",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("type", "tool_error")),
                fields=["workspace", "conversation"],
                name="message_tool_error",
            ),
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(
                condition=models.Q(("feedback", ""), _negated=True),
                fields=["workspace", "conversation"],
                name="rating_with_feedback",
            ),
        ),
    ]
