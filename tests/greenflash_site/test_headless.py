"""The headless start: made once, safe to repeat, and clear about what is wrong."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from greenflash_site.headless import make_what_is_missing
from greenflash_site.settings import Init
from products.models import ApiKey, Member, Person, Product, Role, Workspace
from products.models.api_key import generate_key
from tests.conftest import PASSWORD, Api

NOTHING = Init(email="", password="", organization="", product_id="", product_name="", api_key="")
ALL = Init(
    email="Ada@acme.example",
    password=PASSWORD,
    organization="Acme",
    product_id="0190b0a0-0000-7000-8000-000000000001",
    product_name="Helpbot",
    api_key=generate_key(),
)


def make(init: Init) -> list[str]:
    """What it said it made."""
    said: list[str] = []
    make_what_is_missing(init, log=said.append)
    return said


@pytest.mark.django_db
def test_it_makes_all_that_is_asked_for() -> None:
    assert len(make(ALL)) == 4
    member = Member.objects.get()
    assert (member.person.email, member.workspace.slug, member.role) == ("ada@acme.example", "acme", Role.OWNER)
    assert str(Product.objects.get().id) == ALL.product_id
    products = Api(ALL.api_key).get("products").json()
    assert ALL.product_id in str(products)
    client = Client()
    assert client.post("/login/", {"login": ALL.email, "password": PASSWORD}).status_code == 302
    assert client.get("/acme/").status_code == 200


@pytest.mark.django_db
def test_it_repeats_without_doing_anything() -> None:
    make(ALL)
    before = Person.objects.get().password
    assert make(ALL) == []
    assert Person.objects.get().password == before
    assert [model._default_manager.count() for model in (Person, Workspace, Product, ApiKey)] == [1, 1, 1, 1]


@pytest.mark.django_db
def test_it_adds_what_is_asked_for_later() -> None:
    make(replace(NOTHING, email=ALL.email, password=PASSWORD))
    assert Workspace.objects.get().name == "My organization"
    make(replace(NOTHING, email=ALL.email, product_name="Helpbot"))
    make(replace(NOTHING, email=ALL.email, product_name="Helpbot", api_key=ALL.api_key))
    assert (Workspace.objects.count(), Product.objects.count(), ApiKey.objects.count()) == (1, 1, 1)


@pytest.mark.django_db
def test_it_does_nothing_unless_asked() -> None:
    assert make(NOTHING) == []
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [
        ({"email": ""}, "GREENFLASH_INIT_EMAIL"),
        ({"email": "ada"}, "GREENFLASH_INIT_EMAIL"),
        ({"password": ""}, "GREENFLASH_INIT_PASSWORD"),
        ({"organization": "A" * 121}, "GREENFLASH_INIT_ORGANIZATION"),
        ({"product_id": "helpbot"}, "GREENFLASH_INIT_PRODUCT_ID"),
        ({"product_name": "H" * 121}, "GREENFLASH_INIT_PRODUCT_NAME"),
        ({"api_key": "secret"}, "GREENFLASH_INIT_API_KEY"),
        ({"api_key": ALL.api_key[:-1] + "!"}, "GREENFLASH_INIT_API_KEY"),
    ],
)
@pytest.mark.django_db
def test_it_names_the_variable_at_fault_and_makes_nothing(wrong: dict[str, str], variable: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=variable):
        make(replace(ALL, **wrong))
    assert not Person.objects.exists()


def test_it_takes_nothing_from_a_stranger(stranger: Member) -> None:
    """An id or a key that is another organization's is said to be, not taken over or passed over."""
    make_what_is_missing(replace(ALL, email=stranger.person.email, organization="Globex"), log=lambda _: None)
    with pytest.raises(ImproperlyConfigured, match="GREENFLASH_INIT_PRODUCT_ID"):
        make(replace(ALL, api_key=""))
    with pytest.raises(ImproperlyConfigured, match="GREENFLASH_INIT_API_KEY"):
        make(replace(ALL, product_id="", product_name=""))


def test_it_names_the_id_when_the_products_name_is_taken(owner: Member, product: Product) -> None:
    with pytest.raises(ImproperlyConfigured, match="GREENFLASH_INIT_PRODUCT_NAME"):
        make(replace(NOTHING, email=owner.person.email, product_id=str(uuid4()), product_name=product.name))
