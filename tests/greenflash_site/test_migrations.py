"""The tables: reversible migrations, and keys that cannot reach into another workspace."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from conversations.models import Conversation, Message, Organization, Participant
from products.models import Collaborator, Member, Product, Version
from tests.conftest import tell


def test_it_migrates_back_and_forth(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment["GREENFLASH_DATA"] = str(tmp_path / "data")
    migrate = """
from django.core.management import call_command
for target in [(), ("conversations", "zero"), ("products", "zero"), ()]:
    call_command("migrate", *target, verbosity=0)
"""
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "shell", "--no-imports", "-c", migrate]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
def test_it_has_the_function_of_ingest_as_its_file_is() -> None:
    text = (Path(settings.BASE_DIR) / "conversations" / "ingest" / "accept.sql").read_text()
    with connection.cursor() as cursor:
        cursor.execute("select prosrc from pg_proc where proname = 'accept_messages'")
        assert [body for (body,) in cursor.fetchall()] == [text.split("$$")[1]], "a migration has to bring accept.sql"


@pytest.mark.django_db
def test_it_keeps_the_workspace_in_every_primary_key() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.table_name, array_agg(k.column_name::text order by k.column_name)"
            " from information_schema.columns c join information_schema.table_constraints t"
            "   on t.table_name = c.table_name and t.constraint_type = 'PRIMARY KEY'"
            " join information_schema.key_column_usage k on k.constraint_name = t.constraint_name"
            " where c.column_name = 'workspace_id' and c.table_schema = 'public' group by c.table_name"
        )
        keys = dict(cursor.fetchall())
    assert len(keys) >= 20
    assert all("workspace_id" in columns for columns in keys.values()), keys


@pytest.mark.django_db
def test_it_refuses_a_row_that_reaches_into_another_workspace(product: Product, stranger: Member) -> None:
    conversation = tell(product, "Hello", externalOrganizationId="initech")
    theirs = stranger.workspace
    rows: list[tuple[type[Model], dict[str, Any]]] = [
        (Version, {"product": product, "number": 9}),
        (Collaborator, {"product": product, "member": stranger}),
        (
            Participant,
            {
                "external_id": "x",
                "organization": conversation.organization,
                "created_at": conversation.created_at,
                "updated_at": conversation.created_at,
            },
        ),
        (
            Message,
            {
                "conversation": conversation,
                "position": 9,
                "type": "user_message",
                "created_at": conversation.created_at,
                "received_at": conversation.created_at,
            },
        ),
    ]
    for model, fields in rows:
        with pytest.raises(IntegrityError, match="same_workspace"), transaction.atomic():
            model._default_manager.create(workspace=theirs, **fields)
    with pytest.raises(IntegrityError, match="same_workspace"), transaction.atomic():
        Conversation.objects.filter(id=conversation.id).update(workspace=theirs)
    assert Organization.objects.filter(workspace=theirs).count() == 0
