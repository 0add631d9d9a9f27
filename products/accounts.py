"""How accounts work here, told to django-allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Sign-up follows `GREENFLASH_SIGNUP`; everybody lands on their organization's Home."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether anybody may sign up, or only people who were invited."""
        return bool(settings.GREENFLASH.signup == "open")
