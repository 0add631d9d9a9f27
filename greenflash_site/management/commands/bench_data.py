"""`manage.py bench_data`: a year of an organization that talks a lot, to measure pages on (docs/bench.md)."""

import secrets
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from conversations.models import Conversation
from greenflash_site.bench.filling import fill, vacuum, visit_all
from products.models import Person

EMAIL = "bench@greenflash.example"


class Command(BaseCommand):
    help = "Fill an organization with a year of conversations, to measure pages on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much."""
        parser.add_argument("--conversations", type=int, default=100_000, help="how many (100,000)")
        parser.add_argument("--messages", type=int, help="how many in all of them (ten a conversation)")

    def handle(self, *, conversations: int, messages: int | None, **_options: Any) -> None:
        """Make the organization and all that is in it."""
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        if Person.objects.filter(email=EMAIL).exists():
            raise CommandError(f"{EMAIL} is here already: choose another GREENFLASH_DATA.")
        password = secrets.token_urlsafe(9)
        with transaction.atomic():
            workspace = fill(
                Person.objects.create_user(EMAIL, password),
                conversations=conversations,
                messages=messages or 10 * conversations,
                until=datetime.now(UTC),
                shown=self.stderr.isatty(),
            )
        visit_all(shown=self.stderr.isatty())
        vacuum()
        count = Conversation.objects.filter(workspace=workspace).count()
        self.stdout.write(f"{workspace.name} has {count:,} conversations now.")
        self.stdout.write(
            f"Read them at {settings.GREENFLASH.url}/{workspace.slug}/ as {EMAIL} with the password {password}"
        )
