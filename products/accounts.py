"""How accounts work here, told to django-allauth."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Sign-up follows `GREENFLASH_SIGNUP`; mail says our name and address, whatever host the request claims."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether anybody may sign up, or only people who were invited."""
        return bool(settings.GREENFLASH.signup == "open")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail that comes from Greenflash at its public origin."""
        site = {"name": "Greenflash", "domain": urlsplit(settings.GREENFLASH.url).netloc}
        super().send_mail(template_prefix, email, {**context, "current_site": site})

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of a mail that sets a new password."""
        return _at_public_origin(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """The link of a mail that confirms an address."""
        return _at_public_origin(super().get_email_confirmation_url(request, emailconfirmation))


def _at_public_origin(url: str) -> str:
    return f"{settings.GREENFLASH.url}{urlsplit(url).path}"
