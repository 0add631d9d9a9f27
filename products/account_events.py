"""What django-allauth tells of accounts: it goes into the audit log, and sessions change with what protects them.

Signals are kept out elsewhere; these are the only way to hear of what another's code does.
"""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as second_factors
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from products import throttle
from products.models import Action, Person
from products.people import record_own
from products.second_factors import factor_name
from products.sessions import SEEN_KEY, note_session


def listen() -> None:
    """Connect what follows; called once, when the app is ready."""
    account.user_signed_up.connect(_signed_up)
    account.user_logged_in.connect(_logged_in)
    for signal in (account.password_changed, account.password_set, account.password_reset):
        signal.connect(_password_changed)
    account.email_changed.connect(_email_changed)
    second_factors.authenticator_added.connect(_second_factor_added)
    second_factors.authenticator_removed.connect(_second_factor_removed)


def _signed_up(request: HttpRequest, user: Person, **kwargs: Any) -> None:
    # Who has just chosen a password need not say it once more.
    if "sociallogin" not in kwargs:
        record_authentication(request, user, "password")


def _logged_in(request: HttpRequest, user: Person, **_kwargs: Any) -> None:
    note_session(request)
    record_own(user, Action.LOGGED_IN)


def _password_changed(request: HttpRequest, user: Person, **_kwargs: Any) -> None:
    throttle.forget("log in as", user.email.lower())
    record_own(user, Action.PASSWORD_CHANGED)


def _email_changed(user: Person, from_email_address: Any, to_email_address: Any, **_kwargs: Any) -> None:
    before = {"email": from_email_address.email} if from_email_address else {}
    record_own(user, Action.EMAIL_CHANGED, before=before, after={"email": to_email_address.email})


def _second_factor_added(request: HttpRequest, user: Person, authenticator: Authenticator, **_kwargs: Any) -> None:
    # A session id that was known before the account was protected is worth nothing afterwards.
    request.session.cycle_key()
    request.session.pop(SEEN_KEY, None)
    record_own(user, Action.SECOND_FACTOR_ADDED, after={"factor": factor_name(authenticator)})


def _second_factor_removed(request: HttpRequest, user: Person, authenticator: Authenticator, **_kwargs: Any) -> None:
    record_own(user, Action.SECOND_FACTOR_REMOVED, before={"factor": factor_name(authenticator)})
