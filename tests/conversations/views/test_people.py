"""Users and organizations: who is listed, in which order, and what is told of each."""

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client
from django.utils import timezone

from conversations import keyset, people
from conversations.models import Conversation, Organization, Participant, Rating
from conversations.people_orders import ORDERS
from products.actions import create_product
from products.models import Member, Product
from tests.analytics.test_home import rate
from tests.conftest import Api, browser_of, tell
from tests.conversations.test_tallies import count_all

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
NAMES = ("Zoe", "Yann", "Xia", "wim", "Vera", "Uma", "Tom")
SOME_ID = "0190b0a0-0000-7000-8000-000000000001"
USERS, ORGANIZATIONS = "/acme/users/", "/acme/organizations/"


def names(page: str) -> list[str]:
    """Who is in the list, from top to bottom."""
    return re.findall(r'<a class="row-link[^>]*>\s*<bdi>(.*?)</bdi>', page)


def link(page: str, rel: str) -> str | None:
    """The link to the previous (prev) or next page."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def user(external_id: str) -> Participant:
    return Participant.objects.get(external_id=external_id)


@pytest.fixture
def many(product: Product, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Seven users of two companies, the one who was there last first; each but the first was there before as well."""
    monkeypatch.setattr(keyset, "PAGE_SIZE", 3)
    order = [3, 0, 6, 2, 5, 1, 4]
    for number in range(7):
        tell(product, "early", at=NOON + timedelta(minutes=number), externalUserId=f"user-{number}")
    for place, number in enumerate(reversed(order)):
        tell(
            product, "late", at=NOON + timedelta(hours=1, minutes=place), externalUserId=f"user-{number}",
            externalOrganizationId=f"company-{number % 2}",
        )  # fmt: skip
    for number in range(7):
        Participant.objects.filter(external_id=f"user-{number}").update(name=NAMES[number])
    count_all()
    return [user(f"user-{number}").name for number in order]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?", None),
        ("?sort=nonsense", None),
        ("?sort=name", ["Tom", "Uma", "Vera", "wim", "Xia", "Yann", "Zoe"]),
        ("?sort=-name", ["Zoe", "Yann", "Xia", "wim", "Vera", "Uma", "Tom"]),
        ("?sort=first_seen", ["Tom", "Uma", "Vera", "wim", "Xia", "Yann", "Zoe"]),
        ("?sort=-first_seen", ["Zoe", "Yann", "Xia", "wim", "Vera", "Uma", "Tom"]),
        ("?sort=--name", None),
        ("?q=user-", None),
    ],
)
def test_it_pages_through_everybody_once_and_back(
    as_owner: Client, many: list[str], query: str, expected: list[str] | None
) -> None:
    pages, url = [], query
    while url:
        page = as_owner.get(f"{USERS}{url}").text
        pages.append(names(page))
        url = link(page, "next") or ""
    assert [name for page in pages for name in page] == (expected or many)
    assert [len(page) for page in pages] == [3, 3, 1]
    back = []
    while newer := link(page, "prev"):
        page = as_owner.get(f"{USERS}{newer}").text
        back.append(names(page))
    assert back == pages[1::-1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("few", [1_000, 0])
def test_it_sorts_as_one_would_oneself_by_what_one_may_see(
    owner: Member,
    collaborator: Member,
    product: Product,
    development: Product,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    few: int,
) -> None:
    """Users and companies of three products, of whom Bob sees one, in each order and each environment."""
    monkeypatch.setattr(keyset, "PAGE_SIZE", 4)
    monkeypatch.setattr(people, "FEW", few)
    random = Random(seed)
    hidden = create_product(owner, name="Hidden")
    for number in range(40):
        who = {"externalUserId": f"u{random.randrange(12):02}", "externalOrganizationId": f"o{random.randrange(6)}"}
        talk = tell(
            random.choice([product, product, development, hidden]),
            "Hello",
            at=NOON + timedelta(minutes=random.randrange(10_000)),
            externalConversationId=f"c{number}",
            **who,
        )
        for _ in range(random.choice([0, 0, 1, 2])):
            rate(talk, random.randrange(1, 6), at=NOON + timedelta(minutes=random.randrange(10_000)))
    count_all()
    for member, environment in ((owner, "production"), (owner, "all"), (collaborator, "production")):
        browser = browser_of(member.person)
        seen = [each for each in member.visible_products() if environment in (each.environment, "all")]
        for path, key in ((USERS, "participant"), (ORGANIZATIONS, "organization")):
            for order, _ in ORDERS:
                found = all_names(browser, f"{path}?sort={order}&environment={environment}")
                assert found == sorted_directly(seen, key, order), (member.role, environment, path, order)


def all_names(browser: Client, url: str) -> list[str]:
    """Who is on the pages of a list."""
    path, found = url.partition("?")[0], []
    while url:
        page = browser.get(url).text
        found += names(page)
        following = link(page, "next")
        url = f"{path}{following}" if following else ""
    return found


def sorted_directly(products: list[Product], key: str, order: str) -> list[str]:
    """The same, from the rows themselves: one of which somebody has nothing is the last either way."""
    own: dict[Any, list[Conversation]] = {}
    for conversation in Conversation.objects.filter(product__in=products).select_related(key):
        own.setdefault(getattr(conversation, key), []).append(conversation)
    is_descending = (order.removeprefix("-") != "name") != order.startswith("-")

    def place(who: Any) -> Any:
        ratings = Rating.objects.filter(conversation__in=own[who]).shown().values_list("normalized", flat=True)
        last = max((each.last_message_at, each.id) for each in own[who])
        return {
            "name": (who.external_id,),
            "conversations": (len(own[who]), who.id),
            "first_seen": (min(each.first_message_at for each in own[who]), who.id),
            # By the conversation where they are found among conversations, which no two have in common.
            "last_seen": last,
            "rating": (sum(ratings) / len(ratings), who.id) if ratings else (-1 if is_descending else 2, who.id),
        }[order.removeprefix("-")]

    return [who.external_id for who in sorted(own, key=place, reverse=is_descending)]


def links_to_sort(page: str) -> list[str]:
    """Where the headings of the columns lead."""
    return [html.unescape(href) for href in re.findall(r'<a class="sort" href="([^"]+)"', page)]


def test_it_turns_an_order_round_with_another_click(as_owner: Client, many: list[str]) -> None:
    page = as_owner.get(f"{USERS}?sort=conversations&q=user&environment=production&before=x").text
    assert page.count('aria-sort="descending"') == 1
    found = next(href for href in links_to_sort(page) if "sort=-conversations" in href)
    assert dict(parse_qsl(found[1:])) == {"sort": "-conversations", "q": "user", "environment": "production"}
    page = as_owner.get(f"{USERS}{found}").text
    assert 'aria-sort="ascending"' in page
    assert any("sort=conversations&" in href for href in links_to_sort(page))


def test_it_finds_by_name_email_and_id(as_owner: Client, product: Product) -> None:
    for name in ("ada", "bob", "100%_sure"):
        tell(product, "Hello", externalUserId=name)
    count_all()
    Participant.objects.filter(external_id="ada").update(name="Grace Hopper", email="navy@initech.example")
    found = {"hopper": ["Grace Hopper"], "NAVY@": ["Grace Hopper"], "ad": ["Grace Hopper"], "bo": ["bob"],
             "0%_s": ["100%_sure"], "%": ["100%_sure"], "nobody": [], "\\": [], "\0bob": ["bob"]}  # fmt: skip
    assert {text: names(as_owner.get(USERS, {"q": text}).text) for text in found} == found
    assert "Nobody found" in as_owner.get(USERS, {"q": "nobody"}).text


@pytest.mark.parametrize("sort", [name for name, _ in ORDERS])
def test_it_survives_any_place_in_the_query(as_owner: Client, product: Product, sort: str) -> None:
    tell(product, "Hello")
    count_all()
    numbers = ("9" * 15, "9" * 30, "-1", "1.5", "nan", "-inf", "1e999", "٣", "²", "2026-05-04T12:00:00+23:59", "x")
    for place in ("nonsense", "_", "\0_\0", *(f"{number}_{SOME_ID}" for number in numbers)):
        for direction in ("before", "after"):
            assert as_owner.get(USERS, {direction: place, "sort": sort}).status_code == 200, place


def test_it_tells_numbers_of_each(as_owner: Client, product: Product, api: Api) -> None:
    for number in range(3):
        tell(
            product, "Hello", externalUserId="ada", externalOrganizationId="initech", externalConversationId=f"{number}"
        )
    for number, rating in ((0, 1), (1, 4)):
        body = {"productId": str(product.id), "externalConversationId": f"{number}", "ratingMin": 1, "ratingMax": 5}
        assert api.post("ratings", {**body, "rating": rating}).status_code == 201
    count_all()
    for path in (USERS, ORGANIZATIONS):
        row = as_owner.get(path).text.split("<tbody")[1]
        assert "Mean of 2 ratings" in row
        assert "2.5<" in row
        assert '<data value="3"' in row
    assert "initech" in as_owner.get(USERS).text
    assert names(as_owner.get(ORGANIZATIONS).text) == ["initech"]


def test_it_lists_users_of_one_company(as_owner: Client, many: list[str]) -> None:
    company = Organization.objects.get(external_id="company-0")
    page = as_owner.get(USERS, {"organization": str(company.id)}).text
    own = set(Participant.objects.filter(organization=company).values_list("name", flat=True))
    assert set(names(page)) < own
    assert len(own) == 4
    assert str(company) in page
    assert len(names(as_owner.get(USERS, {"organization": "nonsense"}).text)) == 3


@pytest.mark.parametrize("sort", [name for name, _ in ORDERS])
@pytest.mark.parametrize("few", [1_000, 0])
def test_it_lists_who_was_seen_in_a_period_with_a_product(
    as_owner: Client, owner: Member, product: Product, monkeypatch: pytest.MonkeyPatch, sort: str, few: int
) -> None:
    monkeypatch.setattr(people, "FEW", few)
    other, now = create_product(owner, name="Other"), timezone.now()
    for days in (0, 6, 7, 29, 30, 364, 365):
        tell(
            product,
            "Hello",
            at=now - timedelta(days=days),
            externalUserId=f"u{days}",
            externalOrganizationId=f"u{days}",
        )
    tell(other, "Hello", at=now, externalUserId="elsewhere", externalOrganizationId="elsewhere")
    tell(other, "Hello", at=now, externalUserId="u365", externalConversationId="theirs")
    count_all()
    within = {"7d": {"u0", "u6"}, "30d": {"u0", "u6", "u7", "u29"}}
    within["1y"] = within["30d"] | {"u30", "u364"}
    within["nonsense"] = within[""] = within["1y"] | {"u365"}
    for period, expected in within.items():
        query = {"product": str(product.id), "period": period, "sort": sort}
        assert set(names(as_owner.get(USERS, query).text)) == expected, period
        assert set(names(as_owner.get(ORGANIZATIONS, query).text)) == expected, period
        everywhere = set(names(as_owner.get(USERS, {**query, "product": "nonsense"}).text))
        assert everywhere == expected | {"elsewhere", "u365"}, period


def test_it_leads_from_each_number_of_a_user_to_what_is_behind_it(
    as_owner: Client, product: Product, api: Api, collaborator: Member, owner: Member
) -> None:
    now = timezone.now()
    for number, name in enumerate(("ada", "ada", "bob")):
        talk = tell(product, "Hello", at=now, externalUserId=name, externalConversationId=f"{number}",
                    externalOrganizationId=name)  # fmt: skip
        rate(talk, 1 + number, at=now, feedback=f"{name} {number}")
        event = {"productId": str(product.id), "eventType": f"{name} {number}", "value": "1", "externalUserId": name}
        assert api.post("events", event).status_code == 201
    count_all()
    for path, kind in (
        (f"{USERS}{user('ada').id}/", "user"),
        (f"{ORGANIZATIONS}{Organization.objects.get(external_id='ada').id}/", "organization"),
    ):
        page = html.unescape(as_owner.get(path).text)
        for place in ("ratings", "events") if kind == "user" else ("ratings",):
            href = re.search(rf'href="(/acme/{place}/\?{kind}=[^"]+)"', page)
            assert href
            found = as_owner.get(href[1]).text
            assert "ada 0" in found
            assert "ada 1" in found
            assert "bob 2" not in found
            assert f'aria-label="Remove the filter {kind.capitalize()}: ada"' in found
            assert f'name="{kind}"' in found  # and stays while something else is chosen
    hidden = tell(
        create_product(owner, name="Hidden"), "Hello", externalUserId="unseen", externalOrganizationId="unseen"
    )
    bob = browser_of(collaborator.person)
    for path in ("/acme/ratings/", "/acme/events/", USERS):
        for query in (
            {"user": str(hidden.participant_id)},
            {"organization": str(hidden.organization_id)},
            {"user": "x"},
        ):
            assert "unseen" not in bob.get(path, query).text.replace(str(hidden.id), "")


def test_it_tells_a_whole_story_by_day_in_the_viewers_zone(as_owner: Client, product: Product, api: Api) -> None:
    at = datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
    talk = tell(product, "Where is my parcel?", at=at, externalUserId="ada", externalConversationId="parcel")
    base = {"productId": str(product.id), "externalUserId": "ada"}
    message = talk.messages.get()
    rating = {"messageId": str(message.id), "rating": 1, "ratingMin": 1, "ratingMax": 5, "feedback": "Too slow"}
    assert api.post("ratings", {**rating, "ratedAt": "2026-05-05T10:00:00Z"}).status_code == 201
    event = {**base, "eventType": "refund", "value": "12", "eventAt": "2026-05-06T10:00:00Z"}
    assert api.post("events", event).status_code == 201
    path = f"{USERS}{user('ada').id}/"
    page = as_owner.get(path).text.split("<main")[1]
    order = [page.index(words) for words in ("refund", "Too slow", f'conversations/{talk.id}/"><bdi>Where is')]
    assert order == sorted(order)
    assert re.findall(r"data-day>(\w+, \w+ \d+), 2026", page) == ["Wednesday, May 6", "Tuesday, May 5", "Monday, May 4"]
    assert f"?message={message.id}#m-{message.id}" in page
    as_owner.cookies["timezone"] = "Asia/Tokyo"
    page = as_owner.get(path).text
    assert re.findall(r"data-day>(\w+, \w+ \d+), 2026", page) == ["Wednesday, May 6", "Tuesday, May 5"]


def test_it_pages_through_a_story(as_owner: Client, many: list[str]) -> None:
    path = f"{USERS}{user('user-0').id}/"
    tells = Conversation.objects.filter(participant=user("user-0"))
    for number in range(5):
        tell(tells[0].product, f"more {number}", at=NOON + timedelta(days=number), externalUserId="user-0")
    page, seen = as_owner.get(path).text, []
    while True:
        seen.append(names(page))
        if not (older := link(page, "next")):
            break
        page = as_owner.get(f"{path}{older}").text
    assert [name for part in seen for name in part] == [
        "more 4", "more 3", "more 2", "more 1", "late", "more 0", "early",
    ]  # fmt: skip
    assert names(as_owner.get(f"{path}{link(page, 'prev')}").text) == seen[-2]


def test_it_shows_a_company_with_its_users(as_owner: Client, product: Product) -> None:
    tell(product, "Hello", externalUserId="ada", externalOrganizationId="initech")
    tell(product, "Hello", externalUserId="outsider", externalOrganizationId="globex")
    count_all()
    company = Organization.objects.get(external_id="initech")
    page = as_owner.get(f"{ORGANIZATIONS}{company.id}/").text
    assert f'/acme/users/{user("ada").id}/"' in page
    assert "outsider" not in page
    assert f"?organization={company.id}" in page
    assert page.count(f'href="/acme/users/{user("ada").id}/"') == 2  # in the story, and beside it


def test_it_shows_members_whom_their_products_know(owner: Member, collaborator: Member, product: Product) -> None:
    secret = create_product(owner, name="Secret bot")
    tell(product, "Hello", externalUserId="ada", externalOrganizationId="initech")
    tell(product, "Hello", externalUserId="both", externalConversationId="mine")
    tell(secret, "secret talk", externalUserId="both", externalConversationId="theirs")
    tell(secret, "Hello", externalUserId="unseen", externalOrganizationId="unseen-company")
    count_all()
    bob = browser_of(collaborator.person)
    for query in ("", "?sort=name", "?sort=first_seen", "?sort=-last_seen", "?sort=rating", "?q=se", "?q=o"):
        assert "unseen" not in bob.get(f"{USERS}{query}").text
        assert "unseen" not in bob.get(f"{ORGANIZATIONS}{query}").text
    assert set(names(bob.get(USERS).text)) == {"ada", "both"}
    assert bob.get(f"{USERS}{user('unseen').id}/").status_code == 404
    hidden = Organization.objects.get(external_id="unseen-company")
    assert bob.get(f"{ORGANIZATIONS}{hidden.id}/").status_code == 404
    assert "secret talk" not in bob.get(f"{USERS}{user('both').id}/").text
    assert bob.get(f"/users/{user('unseen').id}/").status_code == 404
    assert bob.get(f"/users/{user('ada').id}/").headers["Location"] == f"/acme/users/{user('ada').id}/"


def test_it_keeps_to_the_environment(
    as_owner: Client, collaborator: Member, product: Product, development: Product
) -> None:
    tell(product, "Hello", externalUserId="real")
    tell(development, "Hello", externalUserId="tester")
    count_all()
    assert names(as_owner.get(USERS).text) == ["real"]
    assert names(as_owner.get(USERS, {"environment": "development"}).text) == ["tester"]
    assert set(names(as_owner.get(USERS, {"environment": "all"}).text)) == {"real", "tester"}
    tester = f"{USERS}{user('tester').id}/"
    assert "Nothing happened to them in this environment" in as_owner.get(tester).text
    assert "Hello" not in as_owner.get(tester).text
    assert "Hello" in as_owner.get(tester, {"environment": "development"}).text
    assert browser_of(collaborator.person).get(tester, {"environment": "development"}).status_code == 404


def test_it_knows_who_only_did_something(as_owner: Client, product: Product, api: Api) -> None:
    body = {"productId": str(product.id), "externalUserId": "silent", "eventType": "purchase", "value": "1"}
    assert api.post("events", body).status_code == 201
    assert names(as_owner.get(USERS, {"sort": "name"}).text) == ["silent"]
    count_all()
    assert names(as_owner.get(USERS, {"q": "silent"}).text) == ["silent"]
    assert "purchase" in as_owner.get(f"{USERS}{user('silent').id}/").text


def test_it_is_nobody_elses(stranger: Member, product: Product) -> None:
    tell(product, "Hello", externalUserId="ada", externalOrganizationId="initech")
    charlie = browser_of(stranger.person)
    company = Organization.objects.get(external_id="initech")
    for place in (f"users/{user('ada').id}/", f"organizations/{company.id}/"):
        assert charlie.get(f"/acme/{place}").status_code == 404
        assert charlie.get(f"/globex/{place}").status_code == 404
    assert names(charlie.get("/globex/users/").text) == []


def test_it_takes_few_queries_for_any_number_of_rows(
    as_owner: Client,
    owner: Member,
    many: list[str],
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    for number in range(4):
        tell(create_product(owner, name=f"Bot {number}"), "Hello", externalUserId=f"other-{number}")
    company = Organization.objects.get(external_id="company-0")
    as_owner.get(USERS)
    for path in (
        USERS, f"{USERS}?q=user&sort=name", f"{USERS}?sort=rating", ORGANIZATIONS, f"{USERS}?organization={company.id}",
        f"{USERS}{user('user-0').id}/", f"{ORGANIZATIONS}{company.id}/",
    ):  # fmt: skip
        with django_assert_max_num_queries(12):
            assert as_owner.get(path).status_code == 200
