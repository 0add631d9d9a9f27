"""Signing up, in and out: django-allauth's views, with an honest status for a form that did not validate."""

from functools import wraps
from typing import Any

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from greenflash_site.access import public, signed_in
from greenflash_site.http import View, render, retry_collision
from products.team import InvitationGone


def _with_422(view: View) -> View:
    """allauth answers 200 to a POST with errors; a page's form with errors is 422."""

    @wraps(view)
    def honest(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.method == "POST" and response.status_code == 200:
            response.status_code = 422
        return response

    return honest


def _login(request: HttpRequest) -> HttpResponseBase:
    """allauth's page, without its offer to sign up where that is closed."""
    response: HttpResponseBase = allauth.login(request)
    if isinstance(response, TemplateResponse) and not get_adapter().is_open_for_signup(request):
        response.context_data = {**(response.context_data or {}), "signup_url": None}
    return response


def _signup(request: HttpRequest) -> HttpResponseBase:
    """allauth's page; an invitation that ends while somebody signs up by it leaves nothing behind."""
    try:
        return retry_collision(_with_422(allauth.signup))(request)
    except InvitationGone:
        return render(request, "invitations/gone.html", status=404)


signup = public(_signup)
login = public(_with_422(_login))
logout = public(_with_422(allauth.logout))
inactive = public(allauth.account_inactive)
reauthenticate = signed_in(_with_422(allauth.reauthenticate))
email = signed_in(_with_422(allauth.email))
email_verification_sent = public(allauth.email_verification_sent)
confirm_email = public(allauth.confirm_email)
password_change = signed_in(_with_422(allauth.password_change))
password_set = signed_in(_with_422(allauth.password_set))
password_reset = public(_with_422(allauth.password_reset))
password_reset_done = public(allauth.password_reset_done)
password_reset_from_key = public(_with_422(allauth.password_reset_from_key))
password_reset_from_key_done = public(allauth.password_reset_from_key_done)
