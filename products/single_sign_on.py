"""Logging in with the organization's OpenID Connect provider (`GREENFLASH_OIDC_URL`), told to django-allauth.

Who the provider vouches for gets into the account of that email address; an address that it has not verified counts
for nothing. allauth checks the state, the issuer, the audience and the signature, and sends a PKCE challenge.
"""

from typing import Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

from products.models import Invitation, Person


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What we take from a provider, and what we do not believe."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Whether anybody may come, or only who was invited at a verified address and comes from that link's page."""
        if settings.GREENFLASH.signup == "open":
            return True
        try:
            page = resolve(urlsplit(str(sociallogin.state.get("next"))).path)
        except Resolver404:
            return False
        invitation = Invitation.objects.by_token(page.kwargs["token"]) if page.url_name == "invitation" else None
        verified = {address.email.lower() for address in sociallogin.email_addresses if address.verified}
        return invitation is not None and invitation.email in verified

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Person:
        """A new person's name and address as the provider gives them."""
        person: Person = super().populate_user(request, sociallogin, data)
        person.name = str(data.get("name") or "")[: Person._meta.get_field("name").max_length]
        return person

    def authenticate_by_email(self, sociallogin: Any) -> Any:
        """The account of an address that the provider says it has verified: by the word true, not by any word."""
        for address in sociallogin.email_addresses:
            address.verified = address.verified in (True, "true")
        return super().authenticate_by_email(sociallogin)

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse what cannot be one person's login: two subjects, or an address that nobody has verified."""
        claims = sociallogin.account.extra_data
        subjects = {part["sub"] for part in (claims.get("userinfo"), claims.get("id_token")) if part and "sub" in part}
        if len(subjects) > 1:
            raise ImmediateHttpResponse(redirect("socialaccount_login_error"))
        if not sociallogin.is_existing and not any(address.verified for address in sociallogin.email_addresses):
            raise ImmediateHttpResponse(redirect("socialaccount_signup"))
