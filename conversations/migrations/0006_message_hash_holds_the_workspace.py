"""Messages by external id are found inside a workspace, whatever others call theirs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0005_lists_of_people_and_models"),
        ("products", "0003_requests"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="message",
            name="message_external_hash",
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
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
                condition=models.Q(("external_id__isnull", False)),
                name="message_external_hash",
            ),
        ),
    ]
