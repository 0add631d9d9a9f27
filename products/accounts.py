"""How accounts work here, told to django-allauth."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account import auth_backends
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from greenflash_site.access import authenticated_lately
from greenflash_site.compiled import compiled
from products import throttle
from products.models import Invitation, Person
from products.team import join_what_was_accepted

# How often may be tried: by whom (an address, see `throttle.address_of`), and at what (an account).
BY_ADDRESS = {"limit": 10, "seconds": 60}
AT_ACCOUNT = {"limit": 5, "seconds": 300}
# More cannot be a password, and would cost as much to hash as it has characters.
MAX_PASSWORD = 4096


class AuthenticationBackend(auth_backends.AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's, who asks for the person of each request with a query that is put together once."""

    def get_user(self, user_id: UUID) -> Person | None:
        """Who is signed in, unless their account is gone or closed."""
        found = _person(user_id)
        return found[0] if found and self.user_can_authenticate(found[0]) else None


@compiled
def _person(id: UUID) -> QuerySet[Person]:
    return Person.objects.filter(pk=id)


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

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Person | None:
        """Who knows the password, if they do. What fails counts, for the address and for the account, known or not."""
        attempts = [
            ("log in by", throttle.address_of(request), BY_ADDRESS),
            ("log in as", credentials.get("email", "").strip().lower(), AT_ACCOUNT),
        ]
        for scope, key, rate in attempts:
            throttle.take(scope, key, **rate)
        person: Person | None = super().authenticate(request, **credentials)
        if person is not None:
            for scope, key, _rate in attempts:
                throttle.give_back(scope, key)
        return person

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of who has just logged in; allauth would count only what was asked again."""
        return not authenticated_lately(context.request) and super().is_reauthentication_required(app=app, **kwargs)

    def should_send_confirmation_mail(self, request: HttpRequest, email_address: Any, signup: bool) -> bool:
        """Not again within three minutes: the link of the last mail still works."""
        try:
            throttle.take("confirmation mail", email_address.email.lower(), limit=1, seconds=180)
        except throttle.Throttled:
            return False
        return True

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


def password_reset_link(person: Person) -> str:
    """A link by which `person` chooses a new password, for whoever runs an installation without mail to hand over.

    It works once and for as long as `PASSWORD_RESET_TIMEOUT` says (three days), like the one that is mailed.
    """
    token = PASSWORD_RESET_TOKEN_GENERATOR().make_token(person)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": token})
    return _at_public_origin(path)


def _at_public_origin(url: str) -> str:
    return f"{settings.GREENFLASH.url}{urlsplit(url).path}"
