"""The page of a product in numbers, and what is behind them."""

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from products.actions import create_product
from products.models import Member, Product
from tests.analytics.test_home import rate
from tests.conftest import Api, browser_of, tell
from tests.conversations.test_tallies import count_all

FIGURE = re.compile(r'<dt>([^<]+)</dt><dd><a class="figure__link" href="([^"]+)">(?:<data value="(\d+)"|–)')  # noqa: RUF001


def figures(page: str) -> dict[str, tuple[str, str]]:
    """Each number of the page with where it leads."""
    return {name: (value, html.unescape(link)) for name, link, value in FIGURE.findall(page)}


def listed(client: Client, link: str) -> int:
    """How many rows the list has that a number leads to."""
    page = client.get(link).text
    return page.count('class="feed__item"') or page.count('class="row-link')


def fill(product: Product, api: Api) -> None:
    """Some days now, and some in the month before."""
    now = timezone.now()
    for days in (0, 1, 1, 29, 30, 45):
        at = now - timedelta(days=days)
        conversation = tell(product, "Hello", {"role": "assistant", "content": "Hi"}, at=at, externalUserId=f"u{days}")
        if days < 2:
            rate(conversation, 5, at=at)
            event = {"eventType": "purchase", "value": "pro", "productId": str(product.id)}
            event |= {"conversationId": str(conversation.id), "eventAt": at.isoformat()}
            assert api.post("events", event).status_code == 201
    count_all()


def test_it_shows_thirty_days_and_what_is_behind_each_number(as_owner: Client, product: Product, api: Api) -> None:
    fill(product, api)
    found = figures(as_owner.get(f"/acme/products/{product.id}/").text)
    values = {name: value for name, (value, _) in found.items() if name != "Tokens"}
    assert values == {"Conversations": "4", "Users": "3", "Messages": "8", "Rating": "100", "Events": "3"}
    behind = {name: listed(as_owner, link) for name, (_, link) in found.items()}
    assert behind == {"Conversations": 4, "Users": 3, "Messages": 4, "Rating": 3, "Events": 3, "Tokens": 4}
    places = {name: link.partition("?")[0] for name, (_, link) in found.items()}
    assert [places[name] for name in ("Users", "Rating", "Events")] == [
        "/acme/users/",
        "/acme/ratings/",
        "/acme/events/",
    ]


def test_it_leads_to_what_is_of_this_product_and_period_alone(
    as_owner: Client, owner: Member, product: Product, api: Api
) -> None:
    fill(create_product(owner, name="Other"), api)
    fill(product, api)
    for days, users, given in ((7, 2, 3), (30, 3, 3)):
        found = figures(as_owner.get(f"/acme/products/{product.id}/", {"days": str(days)}).text)
        assert (found["Users"][0], found["Events"][0]) == (str(users), str(given))
        behind = [listed(as_owner, found[name][1]) for name in ("Users", "Rating", "Events")]
        assert behind == [users, given, given]


def test_it_compares_with_the_time_before(as_owner: Client, product: Product, api: Api) -> None:
    fill(product, api)
    page = as_owner.get(f"/acme/products/{product.id}/").text
    assert "+100 %" in page  # four conversations after two
    week = figures(as_owner.get(f"/acme/products/{product.id}/", {"days": "7"}).text)
    assert week["Conversations"][0] == "3"
    for nonsense in ("8", "x", "007", "-1", ""):
        assert figures(as_owner.get(f"/acme/products/{product.id}/", {"days": nonsense}).text)["Messages"][0] == "8"


def test_it_leads_from_each_day_to_its_conversations(as_owner: Client, product: Product, api: Api) -> None:
    fill(product, api)
    page = as_owner.get(f"/acme/products/{product.id}/").text
    assert page.count('<svg class="chart"') == 5  # no tools were called
    first = html.unescape(page[page.index("<tbody>") : page.index("</tbody>")])
    rows = re.findall(r'<th scope="row"><a class="text-link" href="([^"]+)">[^<]+</a></th><td>(\d+)', first)
    assert len(rows) == 3  # before it was made there is no data, but where something was sent for earlier
    for link, number in rows:
        assert listed(as_owner, link) == int(number)
    ratings = html.unescape(page[page.index("<h2>Ratings</h2>") :])
    assert "rating=any&from=" in ratings.split("</figure>")[0]


def test_it_teaches_while_there_is_nothing(as_owner: Client, product: Product) -> None:
    page = as_owner.get(f"/acme/products/{product.id}/").text
    assert figures(page) == {}
    assert "<figure" not in page
    assert "Send messages" in page


def test_it_takes_few_queries(
    as_owner: Client,
    product: Product,
    development: Product,
    collaborator: Member,
    api: Api,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    fill(product, api)
    for browser in (as_owner, browser_of(collaborator.person)):
        for page in (f"/acme/products/{product.id}/", "/acme/products/"):
            browser.get(page)
            with django_assert_max_num_queries(12):
                browser.get(page)
