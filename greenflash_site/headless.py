"""The headless start: an owner, an organization, a product and a key from the environment, made once.

Called by `manage.py up` at every start; what exists already is left as it is.
"""

from collections.abc import Callable
from dataclasses import astuple
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from greenflash_site.settings import Init
from products.actions import create_api_key, create_product, create_workspace
from products.models import ApiKey, Member, Person, Product
from products.models.api_key import hash_key, is_well_formed


@transaction.atomic
def make_what_is_missing(init: Init, *, log: Callable[[str], None]) -> None:
    """Make what does not exist yet; ImproperlyConfigured names the variable at fault."""
    if not init.email:
        if any(astuple(init)):
            raise ImproperlyConfigured("GREENFLASH_INIT_… needs GREENFLASH_INIT_EMAIL: whose the organization will be.")
        return
    member = _owner(init, log)
    _product(init, member, log)
    if init.api_key:
        _api_key(init, member, log)


def _owner(init: Init, log: Callable[[str], None]) -> Member:
    person = Person.objects.filter(email__iexact=init.email).first()
    if person is None:
        if not init.password:
            raise ImproperlyConfigured("GREENFLASH_INIT_PASSWORD is missing: nobody could log in as the owner.")
        person = Person.objects.create_user(init.email.lower(), init.password)
        log(f"Made the account {init.email}.")
    name = init.organization or "My organization"
    memberships = Member.objects.filter(person=person).select_related("workspace").order_by("created_at")
    member = memberships.filter(workspace__name=name).first()
    if member is None and (init.organization or not memberships.exists()):
        member = memberships.get(workspace=create_workspace(name, acting_user=person))
        log(f"Made the organization {name}.")
    return member or memberships[0]


def _product(init: Init, member: Member, log: Callable[[str], None]) -> None:
    if not (init.product_id or init.product_name):
        return
    fields: dict[str, Any] = {"name": init.product_name or "My product"}
    if init.product_id:
        try:
            fields["id"] = UUID(init.product_id)
        except ValueError:
            raise ImproperlyConfigured("GREENFLASH_INIT_PRODUCT_ID must be a UUID.") from None
        existing = Product.objects.filter(id=fields["id"])
    else:
        existing = Product.objects.filter(workspace=member.workspace, name=fields["name"])
    if not existing.exists():
        create_product(member, **fields)
        log(f"Made the product {fields['name']}.")


def _api_key(init: Init, member: Member, log: Callable[[str], None]) -> None:
    if not is_well_formed(init.api_key):
        raise ImproperlyConfigured(
            "GREENFLASH_INIT_API_KEY is not a key: 'gf_', 40 characters of 0-9A-Za-z and their checksum."
            " 'manage.py new_api_key' prints one."
        )
    if not ApiKey.objects.filter(hash=hash_key(init.api_key)).exists():
        create_api_key(member.workspace, acting_user=member.person, name="Headless start", plaintext=init.api_key)
        log("Made the API key.")
