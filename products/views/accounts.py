"""Signing up, in and out: django-allauth's views, with an honest status, and a count of who tries."""

from collections.abc import Callable
from functools import wraps
from time import monotonic, sleep
from typing import Any

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.mfa.base import views as allauth_second_factors
from allauth.mfa.webauthn import views as allauth_passkeys
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from greenflash_site.access import public, recently_authenticated, signed_in
from greenflash_site.http import View, render, retry_collision
from products import throttle
from products.accounts import AT_ACCOUNT, BY_ADDRESS, MAX_PASSWORD
from products.team import InvitationGone

# Longer than a sign-up takes, which makes more for an address that nobody has.
BEAT_SECONDS = 0.75


def with_422(view: View) -> View:
    """allauth answers 200 to a POST with errors; a page's form with errors is 422. No endless password is hashed."""

    @wraps(view)
    def honest(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if any(len(text) > MAX_PASSWORD for name, text in request.POST.items() if "password" in str(name)):
            raise BadRequest("A password of more than 4,096 characters.")
        response = view(request, *args, **kwargs)
        if request.method == "POST" and response.status_code == 200:
            response.status_code = 422
        return response

    return honest


def counted(scope: str) -> Callable[[View], View]:
    """Answer so many POSTs of an address a minute, and 429 to more."""

    def count(view: View) -> View:
        @wraps(view)
        def counting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                throttle.take(scope, throttle.address_of(request), **BY_ADDRESS)
            return view(request, *args, **kwargs)

        return counting

    return count


def counted_for_person(scope: str) -> Callable[[View], View]:
    """Answer so many POSTs of a person in five minutes that fail, and 429 to more: they guess at something."""

    def count(view: View) -> View:
        @wraps(view)
        def counting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            person = str(request.user.pk)
            if request.method == "POST":
                throttle.take(scope, person, **AT_ACCOUNT)
            response = view(request, *args, **kwargs)
            if request.method == "POST" and response.status_code == 302:
                throttle.give_back(scope, person)
            return response

        return counting

    return count


def evenly(view: View) -> View:
    """Answer POSTs at the next beat, so that nobody sees by a stopwatch whether an account exists.

    Where there is no mail the page says so anyway.
    """

    @wraps(view)
    def waiting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        started = monotonic()
        try:
            return view(request, *args, **kwargs)
        finally:
            if request.method == "POST" and settings.EMAIL_CONFIGURED:
                sleep(BEAT_SECONDS - (monotonic() - started) % BEAT_SECONDS)

    return waiting


def _login(request: HttpRequest) -> HttpResponseBase:
    """allauth's page, with the provider's button, and without an offer to sign up where that is closed."""
    response: HttpResponseBase = allauth.login(request)
    if isinstance(response, TemplateResponse):
        response.context_data = {**(response.context_data or {}), "single_sign_on": settings.SINGLE_SIGN_ON}
        if not get_adapter().is_open_for_signup(request):
            response.context_data["signup_url"] = None
    return response


def _signup(request: HttpRequest) -> HttpResponseBase:
    """allauth's page; an invitation that ends while somebody signs up by it leaves nothing behind."""
    try:
        return retry_collision(with_422(allauth.signup))(request)
    except InvitationGone:
        return render(request, "invitations/gone.html", status=404)


def _password_reset(request: HttpRequest) -> HttpResponseBase:
    """allauth's page, for an account not more often than anybody needs."""
    if request.method == "POST" and (email := request.POST.get("email", "").strip().lower()):
        throttle.take("reset of", email, **AT_ACCOUNT)
    response: HttpResponseBase = allauth.password_reset(request)
    return response


signup = public(counted("sign up")(evenly(_signup)))
login = public(with_422(_login))
login_with_passkey = public(counted("log in with a passkey")(allauth_passkeys.login_webauthn))
second_step = public(counted("second step")(with_422(allauth_second_factors.authenticate)))
logout = public(with_422(allauth.logout))
inactive = public(allauth.account_inactive)
email_verification_sent = public(allauth.email_verification_sent)
confirm_email = public(counted("confirm email")(allauth.confirm_email))
password_reset = public(counted("reset")(evenly(with_422(_password_reset))))
password_reset_done = public(allauth.password_reset_done)
password_reset_from_key = public(counted("reset from key")(with_422(allauth.password_reset_from_key)))
password_reset_from_key_done = public(allauth.password_reset_from_key_done)
reauthenticate = signed_in(with_422(allauth.reauthenticate))
password_change = signed_in(counted_for_person("change password")(with_422(allauth.password_change)))
password_set = signed_in(recently_authenticated(with_422(allauth.password_set)))
