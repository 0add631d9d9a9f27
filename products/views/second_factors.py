"""A person's second factors: authenticator app, passkeys, recovery codes; django-allauth's views."""

from typing import Any

from allauth.mfa.base import views as allauth
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from greenflash_site.access import signed_in
from greenflash_site.http import PersonRequest, render
from products.views.accounts import with_422


@signed_in
def index(request: PersonRequest) -> HttpResponse:
    """What protects the account besides its password."""
    factors = list(Authenticator.objects.filter(user=request.user).order_by("created_at"))
    codes = next((each for each in factors if each.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "totp": next((each for each in factors if each.type == Authenticator.Type.TOTP), None),
        "passkeys": [each for each in factors if each.type == Authenticator.Type.WEBAUTHN],
        "recovery_codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
    }
    return render(request, "mfa/index.html", context)


def _reauthenticate_with_passkey(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """allauth sends whose passkey does not fit to the log-in page, where nobody who is signed in can stay."""
    response: HttpResponseBase = passkeys.reauthenticate_webauthn(request, **kwargs)
    if request.method == "POST" and response.headers.get("Location") == reverse("account_login"):
        return redirect("mfa_reauthenticate_webauthn")
    return response


reauthenticate = signed_in(with_422(allauth.reauthenticate))
reauthenticate_with_passkey = signed_in(with_422(_reauthenticate_with_passkey))
activate_totp = signed_in(with_422(totp.activate_totp))
deactivate_totp = signed_in(with_422(totp.deactivate_totp))
add_passkey = signed_in(with_422(passkeys.add_webauthn))
rename_passkey = signed_in(with_422(passkeys.edit_webauthn))
remove_passkey = signed_in(with_422(passkeys.remove_webauthn))
view_recovery_codes = signed_in(recovery_codes.view_recovery_codes)
download_recovery_codes = signed_in(recovery_codes.download_recovery_codes)
generate_recovery_codes = signed_in(with_422(recovery_codes.generate_recovery_codes))
