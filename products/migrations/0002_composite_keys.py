"""Primary keys that hold the workspace, and foreign keys that can never reach into another one."""

from django.db import migrations

TABLES = ["product", "member", "collaborator", "version", "api_key", "api_key_product"]
# table, column, the table it points at
REFERENCES = [
    ("collaborator", "product_id", "product"),
    ("collaborator", "member_id", "member"),
    ("version", "product_id", "product"),
    ("api_key_product", "api_key_id", "api_key"),
    ("api_key_product", "product_id", "product"),
]


def primary_key(table: str, columns: str) -> str:
    return f'alter table "{table}" drop constraint "{table}_pkey", add primary key ({columns})'


def foreign_key(table: str, column: str, target: str) -> str:
    return (
        f'alter table "{table}" add constraint "{table}_{target}_same_workspace"'
        f' foreign key (workspace_id, {column}) references "{target}" (workspace_id, id)'
    )


class Migration(migrations.Migration):
    dependencies = [("products", "0001_tables")]

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
