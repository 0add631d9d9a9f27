"""GET /products and /products/{id}: what a key may be used for."""

import pytest

from products.actions import create_api_key, create_product
from products.models import Environment, Member, Product
from products.models.ids import new_id
from tests.conftest import Api


@pytest.fixture
def strangers(stranger: Member) -> Api:
    """The API with Globex's key."""
    return Api(create_api_key(stranger.workspace, acting_user=stranger.person, name="globex").plaintext)


def test_it_lists_products_by_name(api: Api, product: Product, owner: Member) -> None:
    copilot = create_product(owner, name="Copilot", with_twin=True)
    listed = api.get("products").json()
    assert [(item["name"], item["environment"]) for item in listed] == [
        ("Copilot", "production"),
        ("Copilot", "development"),
        ("Helpbot", "production"),
    ]
    assert listed[0]["id"] == str(copilot.id)
    assert listed[0].keys() >= {"id", "name", "icon", "color", "createdAt", "updatedAt"}
    assert listed[0]["color"].startswith("#")


def test_it_shows_the_stranger_nothing(api: Api, strangers: Api, product: Product) -> None:
    assert strangers.get("products").json() == []
    answers = []
    for response in (strangers.get(f"products/{product.id}"), strangers.get(f"products/{new_id()}")):
        assert response.status_code == 404
        answers.append(response.content.replace(response.json()["requestId"].encode(), b""))
    assert answers[0] == answers[1]
    assert api.get(f"products/{product.id}").status_code == 200


def test_it_tells_who_sees_a_product(
    api: Api, product: Product, owner: Member, collaborator: Member, viewer: Member, newcomer: Member
) -> None:
    detail = api.get(f"products/{product.id}").json()
    assert {member["userId"]: member["role"] for member in detail["members"]} == {
        str(owner.person_id): "owner",
        str(collaborator.person_id): "member",
        str(viewer.person_id): "viewer",
    }
    assert (detail["userPrivacy"], detail["description"], detail["optimizationNotes"]) == ("standard", None, None)
    weights = detail["qualityIndexMetricWeights"]
    assert {weight["key"] for weight in weights} == {"satisfaction", "safety", "friction", "growth"}
    assert sum(weight["weight"] for weight in weights) == pytest.approx(1)


def test_it_lists_what_the_key_may_be_used_for(product: Product, development: Product, owner: Member) -> None:
    workspace, person = owner.workspace, owner.person
    copilot = create_product(owner, name="Copilot")
    narrowed = create_api_key(workspace, acting_user=person, name="copilot", products=[copilot])
    for plaintext, expected in (
        (narrowed.plaintext, [copilot]),
        (create_api_key(workspace, acting_user=person, name="a").plaintext, [copilot, product, development]),
        (
            create_api_key(workspace, acting_user=person, name="b", environment=Environment.DEVELOPMENT).plaintext,
            [development],
        ),
    ):
        api = Api(plaintext)
        assert [item["id"] for item in api.get("products").json()] == [str(each.id) for each in expected]
        for each in (product, development, copilot):
            assert (api.get(f"products/{each.id}").status_code == 200) == (each in expected)
