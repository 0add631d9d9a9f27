"""Primary keys that hold the workspace, and foreign keys that can never reach into another one."""

from django.db import migrations

TABLES = ["model", "prompt", "component", "version_prompt", "rating", "event"]
# table, column, the table it points at
REFERENCES = [
    ("prompt", "product_id", "product"),
    ("component", "prompt_id", "prompt"),
    ("version_prompt", "version_id", "version"),
    ("version_prompt", "prompt_id", "prompt"),
    ("conversation", "prompt_id", "prompt"),
    ("prompt_use", "conversation_id", "conversation"),
    ("sampled_out", "product_id", "product"),
    ("rating", "conversation_id", "conversation"),
    ("event", "product_id", "product"),
    ("event", "participant_id", "participant"),
    ("event", "organization_id", "organization"),
    ("event", "conversation_id", "conversation"),
]


def primary_key(table: str, columns: str) -> str:
    return f'alter table "{table}" drop constraint "{table}_pkey", add primary key ({columns})'


def foreign_key(table: str, column: str, target: str) -> str:
    return (
        f'alter table "{table}" add constraint "{table}_{target}_same_workspace"'
        f' foreign key (workspace_id, {column}) references "{target}" (workspace_id, id)'
    )


class Migration(migrations.Migration):
    dependencies = [("conversations", "0003_ratings_events_prompts"), ("products", "0003_requests")]

    operations = [
        *(migrations.RunSQL(primary_key(table, "id, workspace_id"), primary_key(table, "id")) for table in TABLES),
        *(
            migrations.RunSQL(
                foreign_key(table, column, target),
                f'alter table "{table}" drop constraint "{table}_{target}_same_workspace"',
            )
            for table, column, target in REFERENCES
        ),
    ]
