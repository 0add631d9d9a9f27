"""`manage.py new_api_key`: print a fresh key for `GREENFLASH_INIT_API_KEY`."""

from typing import Any

from django.core.management.base import BaseCommand

from products.models.api_key import generate_key


class Command(BaseCommand):
    help = "Print a fresh API key, which nothing knows yet."
    requires_system_checks = []

    def handle(self, **_options: Any) -> str:
        """The key alone, so that a script can take it."""
        return generate_key()
