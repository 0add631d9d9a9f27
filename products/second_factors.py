"""Second factors, told to django-allauth: what is typed is counted, and a code counts once."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.app_settings import TOTP_PERIOD, TOTP_TOLERANCE
from allauth.mfa.base import forms as allauth
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateTOTPForm
from allauth.mfa.webauthn import forms as passkeys
from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from qrcode.image.svg import SvgPathImage

from products import throttle
from products.models import Person

# Wrong codes an account may be told in five minutes: at this pace one of a million is found in years.
ATTEMPTS = {"limit": 5, "seconds": 300}


def factor_name(authenticator: Authenticator) -> str:
    """A second factor as the screens call it."""
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        return f"Passkey “{authenticator.data['name']}”"
    return "Authenticator app" if authenticator.type == Authenticator.Type.TOTP else "Recovery codes"


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Names things as the screens do."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That is not right, or it was used already. Wait for the next code and type that.",
    }

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """What a new passkey is called until its owner says otherwise."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def build_totp_svg(self, url: str) -> str:
        """The QR code as an element of the page, without colours of its own."""
        svg: str = qrcode.make(url, image_factory=SvgPathImage, border=0).to_string(encoding="unicode")
        return svg

    def _get_site_name(self) -> str:
        return "Greenflash"


class _CodeForm:
    """Counts what is typed for an account, and takes a code of the authenticator app once."""

    user: Person
    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code, if it is right and new."""
        account = str(self.user.pk)
        throttle.take("second factor", account, **ATTEMPTS)
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            _use_up(account, code)
        throttle.forget("second factor", account)
        return code


class AuthenticateForm(_CodeForm, allauth.AuthenticateForm):  # type: ignore[misc]
    """The second step of logging in."""


class ReauthenticateForm(_CodeForm, allauth.ReauthenticateForm):  # type: ignore[misc]
    """Is it you?"""


class ActivateTOTPForm(AllauthActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""

    def clean_code(self) -> str:
        """The code, if it is right; it cannot be used again to log in."""
        account = str(self.user.pk)
        throttle.take("second factor", account, **ATTEMPTS)
        code: str = super().clean_code()
        _use_up(account, code)
        throttle.forget("second factor", account)
        return code


class AddPasskeyForm(passkeys.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey, which lets in by itself unless its owner wants it as a second step only."""

    passwordless = forms.BooleanField(required=False, initial=True)

    def clean(self) -> dict[str, Any]:
        """The passkey, if it is one."""
        with _refusing_nonsense():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class _PasskeyForm:
    """Takes no nonsense for a passkey."""

    def clean_credential(self) -> Authenticator:
        """Which of the account's passkeys was shown."""
        with _refusing_nonsense():
            return super().clean_credential()  # type: ignore[misc]


class LoginPasskeyForm(_PasskeyForm, passkeys.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of a password."""


class AuthenticatePasskeyForm(_PasskeyForm, passkeys.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step of logging in."""


class ReauthenticatePasskeyForm(_PasskeyForm, passkeys.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Is it you? By a passkey."""


@contextmanager
def _refusing_nonsense() -> Iterator[None]:
    """allauth lets out some of what the parsers of fido2 raise on bytes that are no passkey."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error):
        raise get_mfa_adapter().validation_error("incorrect_code") from None


def _use_up(account: str, code: str) -> None:
    """Take a code that is right for as long as it would be. allauth remembers it too, in one process."""
    lifetime = TOTP_PERIOD * (2 * TOTP_TOLERANCE + 1)
    try:
        throttle.take("code", f"{account} {''.join(filter(str.isdigit, code))}", limit=1, seconds=lifetime)
    except throttle.Throttled:
        raise get_mfa_adapter().validation_error("incorrect_code") from None
