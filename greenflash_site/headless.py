"""The headless start: an owner, an organization, a product and a key from the environment, made once.

Called by `manage.py up` at every start; what exists already is left as it is.
"""

from collections.abc import Callable
from dataclasses import astuple
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models, transaction

from greenflash_site.settings import Init
from products.actions import create_api_key, create_product, create_workspace
from products.models import ApiKey, Environment, Member, Person, Product, Workspace
from products.models.api_key import hash_key, is_well_formed

# Which column each text ends up in, whose limits it must keep.
FIELDS: dict[str, tuple[type[models.Model], str]] = {
    "email": (Person, "email"),
    "organization": (Workspace, "name"),
    "product_name": (Product, "name"),
}


@transaction.atomic
def make_what_is_missing(init: Init, *, log: Callable[[str], None]) -> None:
    """Make what does not exist yet; ImproperlyConfigured names the variable at fault."""
    _refuse_what_cannot_be_stored(init)
    if not init.email:
        if any(astuple(init)):
            raise ImproperlyConfigured("GREENFLASH_INIT_… needs GREENFLASH_INIT_EMAIL: whose the organization will be.")
        return
    member = _owner(init, log)
    _product(init, member, log)
    if init.api_key:
        _api_key(init, member, log)


def _refuse_what_cannot_be_stored(init: Init) -> None:
    for name, (model, field) in FIELDS.items():
        if value := getattr(init, name):
            try:
                model(**{field: value}).clean_fields(exclude={each.name for each in model._meta.fields} - {field})
            except ValidationError as error:
                raise ImproperlyConfigured(f"GREENFLASH_INIT_{name.upper()}: {' '.join(error.messages)}") from None


def _owner(init: Init, log: Callable[[str], None]) -> Member:
    person = Person.objects.filter(email__iexact=init.email).first()
    if person is None:
        if not init.password:
            raise ImproperlyConfigured("GREENFLASH_INIT_PASSWORD is missing: nobody could log in as the owner.")
        person = Person.objects.create_user(init.email.lower(), init.password)
        log(f"Made the account {init.email}.")
    name = init.organization or "My organization"
    memberships = Member.objects.current().filter(person=person).order_by("created_at")
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
        existing = Product.objects.filter(id=fields["id"]).first()
        if existing is not None and existing.workspace_id != member.workspace_id:
            raise ImproperlyConfigured("GREENFLASH_INIT_PRODUCT_ID is the id of another organization's product.")
    else:
        existing = Product.objects.filter(workspace=member.workspace, name=fields["name"]).first()
    if existing is not None:
        return
    if Product.objects.filter(
        workspace=member.workspace, environment=Environment.PRODUCTION, name=fields["name"]
    ).exists():
        raise ImproperlyConfigured(
            f"GREENFLASH_INIT_PRODUCT_NAME: there is a product {fields['name']!r} already, with another id."
        )
    create_product(member, **fields)
    log(f"Made the product {fields['name']}.")


def _api_key(init: Init, member: Member, log: Callable[[str], None]) -> None:
    if not is_well_formed(init.api_key):
        raise ImproperlyConfigured(
            "GREENFLASH_INIT_API_KEY is not a key: 'gf_', 40 characters of 0-9A-Za-z and their checksum."
            " 'manage.py new_api_key' prints one."
        )
    existing = ApiKey.objects.filter(hash=hash_key(init.api_key)).first()
    if existing is not None and existing.workspace_id != member.workspace_id:
        raise ImproperlyConfigured("GREENFLASH_INIT_API_KEY is a key of another organization.")
    if existing is None:
        create_api_key(member.workspace, acting_user=member.person, name="Headless start", plaintext=init.api_key)
        log("Made the API key.")
