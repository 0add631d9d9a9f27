"""Shared views outlive who made them; and a participant is deleted without reading the messages of all others."""

from django.db import migrations, models

import conversations.models.saved_view


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0015_long_conversations"),
        ("products", "0006_invitations"),
    ]

    operations = [
        migrations.AlterField(
            model_name="savedview",
            name="member",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=conversations.models.saved_view.keep_shared,
                related_name="saved_views",
                to="products.member",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("participant__isnull", False)),
                fields=["workspace", "participant"],
                name="message_participant",
            ),
        ),
    ]
