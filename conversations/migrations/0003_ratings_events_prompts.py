"""Ratings, events, prompts, models, what was sampled out, and what messages and people carry for them."""

import django.db.models.deletion
from django.db import migrations, models

import products.models.ids


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0002_composite_keys"),
        ("products", "0003_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="Component",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("external_id", models.CharField(max_length=255, null=True)),
                ("type", models.CharField(max_length=9)),
                ("source", models.CharField(max_length=11)),
                ("name", models.CharField(max_length=255, null=True)),
                ("content", models.TextField()),
                ("is_dynamic", models.BooleanField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "component",
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("type", models.CharField(max_length=255)),
                ("value", models.TextField()),
                (
                    "value_type",
                    models.CharField(
                        choices=[
                            ("currency", "Currency"),
                            ("numeric", "Numeric"),
                            ("text", "Text"),
                            ("boolean", "Boolean"),
                        ],
                        default="text",
                        max_length=8,
                    ),
                ),
                (
                    "influence",
                    models.CharField(
                        choices=[("positive", "Positive"), ("negative", "Negative"), ("neutral", "Neutral")],
                        default="neutral",
                        max_length=8,
                    ),
                ),
                ("quality_impact_score", models.FloatField()),
                ("properties", models.JSONField(db_default={}, default=dict)),
                ("insert_id", models.CharField(max_length=255, null=True)),
                ("event_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("request_hash", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "event",
            },
        ),
        migrations.CreateModel(
            name="Model",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("canonical_id", models.CharField(max_length=255)),
                ("display_name", models.CharField(max_length=255)),
                ("provider", models.CharField(max_length=120)),
                ("family", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "model",
            },
        ),
        migrations.CreateModel(
            name="Prompt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("external_id", models.CharField(max_length=255, null=True)),
                ("name", models.CharField(db_default="", default="", max_length=255)),
                ("role", models.CharField(db_default="system", default="system", max_length=255)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "prompt",
            },
        ),
        migrations.CreateModel(
            name="PromptUse",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "conversation_id",
                        "fingerprint",
                        "workspace_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("fingerprint", models.UUIDField()),
                ("half_tokens", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prompt_uses",
                        to="conversations.conversation",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "prompt_use",
            },
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("message_id", models.UUIDField(null=True)),
                ("value", models.FloatField()),
                ("minimum", models.FloatField()),
                ("maximum", models.FloatField()),
                ("normalized", models.FloatField()),
                ("feedback", models.TextField(db_default="", default="")),
                ("rated_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("request_hash", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "rating",
            },
        ),
        migrations.CreateModel(
            name="SampledOut",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "product_id",
                        "day",
                        "slot",
                        "workspace_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("slot", models.PositiveSmallIntegerField()),
                ("messages", models.PositiveBigIntegerField(db_default=0, default=0)),
                ("events", models.PositiveBigIntegerField(db_default=0, default=0)),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.product",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="products.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "sampled_out",
            },
        ),
        migrations.CreateModel(
            name="VersionPrompt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=products.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "db_table": "version_prompt",
            },
        ),
        migrations.RemoveField(
            model_name="conversation",
            name="system_prompt",
        ),
        migrations.AddField(
            model_name="conversation",
            name="feedback",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="half_tokens",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="conversation",
            name="prompt_variables",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="rated_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="rating",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="rating_max",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="rating_min",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="rating_normalized",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="request_hash",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="tokens",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="participant",
            name="anonymized_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="participant",
            name="phone",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="participant",
            name="properties",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("request_hash__isnull", False)),
                fields=["request_hash"],
                name="message_request_hash",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.Func(
                    "external_id", models.Value(0), function="hashtextextended", output_field=models.BigIntegerField()
                ),
                condition=models.Q(("external_id__isnull", False)),
                name="message_external_hash",
            ),
        ),
        migrations.AddField(
            model_name="component",
            name="workspace",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="products.workspace"
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="conversation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="conversations.conversation",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="conversations.organization",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="participant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="conversations.participant",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="products.product",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="products.workspace",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="models",
                to="products.workspace",
            ),
        ),
        migrations.AddField(
            model_name="prompt",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="prompts",
                to="products.product",
            ),
        ),
        migrations.AddField(
            model_name="prompt",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="prompts",
                to="products.workspace",
            ),
        ),
        migrations.AddField(
            model_name="component",
            name="prompt",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="components",
                to="conversations.prompt",
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="prompt",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="conversations",
                to="conversations.prompt",
            ),
        ),
        migrations.AddField(
            model_name="rating",
            name="conversation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="ratings",
                to="conversations.conversation",
            ),
        ),
        migrations.AddField(
            model_name="rating",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="ratings",
                to="products.workspace",
            ),
        ),
        migrations.AddField(
            model_name="versionprompt",
            name="prompt",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="versions",
                to="conversations.prompt",
            ),
        ),
        migrations.AddField(
            model_name="versionprompt",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="prompts",
                to="products.version",
            ),
        ),
        migrations.AddField(
            model_name="versionprompt",
            name="workspace",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="products.workspace"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["workspace", "product", "-event_at", "-id"], name="event_product_at"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("conversation__isnull", False)),
                fields=["workspace", "conversation", "event_at"],
                name="event_conversation_at",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("request_hash__isnull", False)), fields=["request_hash"], name="event_request_hash"
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                condition=models.Q(("insert_id__isnull", False)),
                fields=("workspace", "insert_id"),
                name="event_insert_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("value_type__in", ["currency", "numeric", "text", "boolean"])),
                name="event_value_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("influence__in", ["positive", "negative", "neutral"])), name="event_influence_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="model",
            constraint=models.UniqueConstraint(fields=("workspace", "canonical_id"), name="model_canonical_unique"),
        ),
        migrations.AddIndex(
            model_name="prompt",
            index=models.Index(fields=["workspace", "product", "external_id", "-id"], name="prompt_external"),
        ),
        migrations.AddConstraint(
            model_name="prompt",
            constraint=models.UniqueConstraint(fields=("workspace", "fingerprint"), name="prompt_fingerprint_unique"),
        ),
        migrations.AddConstraint(
            model_name="component",
            constraint=models.UniqueConstraint(
                fields=("workspace", "prompt", "position"), name="component_position_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(
                fields=["workspace", "conversation", "-rated_at", "-id"], name="rating_conversation_rated"
            ),
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(
                condition=models.Q(("request_hash__isnull", False)), fields=["request_hash"], name="rating_request_hash"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("minimum__lt", models.F("maximum")),
                    ("value__gte", models.F("minimum")),
                    ("value__lte", models.F("maximum")),
                ),
                name="rating_on_its_scale",
            ),
        ),
        migrations.AddConstraint(
            model_name="versionprompt",
            constraint=models.UniqueConstraint(fields=("workspace", "prompt", "version"), name="version_prompt_unique"),
        ),
    ]
