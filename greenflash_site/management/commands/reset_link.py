"""`manage.py reset_link EMAIL`: a link to a new password, for who has forgotten theirs where no mail is sent."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from products.accounts import password_reset_link
from products.models import Person


class Command(BaseCommand):
    help = "Print a link by which somebody chooses a new password; it works once, for three days."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("email", help="the address they log in with")

    def handle(self, *, email: str, **_options: Any) -> str:
        """The link alone, so that a script can take it."""
        person = Person.objects.filter(email__iexact=email, is_active=True).first()
        if person is None:
            raise CommandError(f"Nobody here has the address {email}.")
        return password_reset_link(person)
