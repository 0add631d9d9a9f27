"""Logging in with the organization's OpenID Connect provider: django-allauth's two steps, and what may go wrong."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.providers.openid_connect import views as allauth
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from requests import RequestException

from greenflash_site.access import public
from greenflash_site.http import render
from products import throttle
from products.accounts import BY_ADDRESS


def _with_provider(step: Callable[..., HttpResponseBase], request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Take one of allauth's steps, in which the provider is asked; what it does not answer well is no error of ours."""
    if not settings.SINGLE_SIGN_ON:
        raise Http404
    throttle.take("single sign-on", throttle.address_of(request), **{**BY_ADDRESS, "limit": 30})
    try:
        return step(request, provider_id)
    except (RequestException, KeyError, ValueError):
        return error(request)


@public
def login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Send the browser to the provider. Of the query only `next` counts: scopes and the like are ours to choose.

    By GET, because the form's policy (`form-action 'self'`) would stop the redirect of a POST; nothing changes here.
    """
    target = get_next_redirect_url(request)
    request.GET = QueryDict(urlencode({"next": target}) if target else "")
    return _with_provider(allauth.login, request, provider_id)


@public
def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Take back whom the provider sends."""
    return _with_provider(allauth.callback, request, provider_id)


@public
def cancelled(request: HttpRequest) -> HttpResponse:
    """The person said no over there."""
    return render(request, "socialaccount/login_cancelled.html", _named())


@public
def error(request: HttpRequest) -> HttpResponse:
    """The provider did not answer, or not so that it can be believed."""
    return render(request, "socialaccount/authentication_error.html", _named(), status=401)


@public
def no_address(request: HttpRequest) -> HttpResponse:
    """The provider does not vouch for an email address, by which accounts are known here."""
    return render(request, "socialaccount/no_address.html", _named(), status=401)


def _named() -> dict[str, Any]:
    return {"provider_name": settings.SINGLE_SIGN_ON or "your provider"}
