"""Primary keys that hold the workspace, and foreign keys that can never reach into another one."""

from django.db import migrations

TABLES = ["organization", "participant", "conversation", "message"]
# table, column, the table it points at
REFERENCES = [
    ("participant", "organization_id", "organization"),
    ("conversation", "product_id", "product"),
    ("conversation", "version_id", "version"),
    ("conversation", "participant_id", "participant"),
    ("conversation", "organization_id", "organization"),
    ("message", "conversation_id", "conversation"),
    ("message", "participant_id", "participant"),
]


def primary_key(table: str, columns: str) -> str:
    return f'alter table "{table}" drop constraint "{table}_pkey", add primary key ({columns})'


def foreign_key(table: str, column: str, target: str) -> str:
    return (
        f'alter table "{table}" add constraint "{table}_{target}_same_workspace"'
        f' foreign key (workspace_id, {column}) references "{target}" (workspace_id, id)'
    )


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_tables"), ("products", "0002_composite_keys")]

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
