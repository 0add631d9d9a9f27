"""Queries that are put together once and run with any values."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.db.models import QuerySet

from greenflash_site.compiled import AnyOf, compiled, composed
from products.actions import create_product
from products.models import Member, Product

made: list[str] = []


@compiled
def named(workspace: UUID, name: str, ids: list[UUID]) -> QuerySet[Product]:
    made.append("named")
    products = Product.objects.filter(AnyOf("id", ids), workspace_id=workspace, name__gte=name)
    return products.select_related("workspace").order_by("name")


@compiled
def ends(workspace: UUID) -> QuerySet[Product, tuple[str, str]]:
    products = Product.objects.filter(workspace_id=workspace)
    first = products.order_by("name").values_list("name", "kind")[:1]
    return first.union(products.order_by("-name").values_list("name", "kind")[:1], all=True)


@pytest.fixture
def products(owner: Member) -> list[Product]:
    return [create_product(owner, name=name) for name in ("Amber", "Basil", "100% Cyan")]


def test_it_is_put_together_once_and_answers_each_time_anew(
    owner: Member, products: list[Product], django_assert_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    workspace, ids = owner.workspace_id, [product.id for product in products]
    named(workspace, "", ids)
    made.clear()
    with django_assert_num_queries(4):
        assert [product.name for product in named(workspace, "", ids)] == ["100% Cyan", "Amber", "Basil"]
        assert [product.name for product in named(workspace, "B", ids)] == ["Basil"]
        assert named(workspace, "", []) == named(owner.id, "", ids) == []
    with django_assert_num_queries(1):
        assert [product.workspace.slug for product in named(workspace, "", ids[:1])] == ["acme"]
    assert made == []


def test_it_takes_values_for_values(owner: Member, products: list[Product]) -> None:
    for name in ("'; drop table product; --", "%s", "\\", "{}"):
        assert isinstance(named(owner.workspace_id, name, []), list)
    assert Product.objects.count() == 3


def test_it_may_be_planned_each_time(owner: Member, products: list[Product]) -> None:
    found = composed(lambda workspace, name: Product.objects.filter(workspace_id=workspace, name__gte=name).by_name())
    for _ in range(2):
        assert [product.name for product in found(owner.workspace_id, "A")] == ["Amber", "Basil"]
        assert [product.name for product in found(owner.workspace_id, "B%")] == ["Basil"]
    assert found(owner.id, "A") == []


def test_it_runs_what_is_more_than_one_query(owner: Member, products: list[Product]) -> None:
    assert ends(owner.workspace_id) == [("100% Cyan", "chatbot"), ("Basil", "chatbot")]


@pytest.mark.django_db(transaction=True)
def test_it_runs_in_every_thread(owner: Member) -> None:
    ids = {name: create_product(owner, name=name).id for name in "abcdefgh"}
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        for _ in range(20):
            found[name] = [product.name for product in named(owner.workspace_id, "", [ids[name]])]
        connections.close_all()

    threads = [Thread(target=look, args=[name]) for name in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: [name] for name in ids}
