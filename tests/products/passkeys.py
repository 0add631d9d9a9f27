"""A passkey as a browser would have registered it, of which nobody has the other half."""

import os
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from products.models import Person


def passkey_of(person: Person, name: str = "Key") -> Authenticator:
    """A passkey that this person has added."""
    return Authenticator.objects.create(
        user=person, type=Authenticator.Type.WEBAUTHN, data={"name": name, "credential": _registration()}
    )


def _registration() -> dict[str, Any]:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    key = ES256.from_cryptography_key(public)  # type: ignore[no-untyped-call]  # fido2 has no types there
    id = os.urandom(16)
    credential = AttestedCredentialData.create(bytes(16), id, key)
    flags = AuthenticatorData.FLAG.AT | AuthenticatorData.FLAG.UP
    attestation = AttestationObject.create(
        "none", AuthenticatorData.create(sha256(b"localhost"), flags, 0, credential), {}
    )
    client = b'{"type":"webauthn.create","challenge":"AAAA","origin":"http://localhost"}'
    return {
        "id": websafe_encode(id),
        "rawId": websafe_encode(id),
        "type": "public-key",
        "response": {"attestationObject": websafe_encode(attestation), "clientDataJSON": websafe_encode(client)},
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
