"""How accounts work here, told to django-allauth."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from products.models import Invitation
from products.team import join_what_was_accepted


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Sign-up follows `GREENFLASH_SIGNUP`; mail says our name and address, whatever host the request claims."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether anybody may sign up, or only people who were invited and come by their link."""
        return bool(settings.GREENFLASH.signup == "open") or invitation_of(request) is not None

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """An address is proven: whoever signed up with it by an invitation joins now."""
        is_confirmed = bool(super().confirm_email(request, email_address))
        if is_confirmed:
            join_what_was_accepted(email_address.user)
        return is_confirmed

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


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The invitation by whose link somebody is signing up."""
    token = request.GET.get("invitation")
    return Invitation.objects.by_token(token) if token else None


def _at_public_origin(url: str) -> str:
    return f"{settings.GREENFLASH.url}{urlsplit(url).path}"
