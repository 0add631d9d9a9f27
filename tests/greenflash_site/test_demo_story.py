"""The demo story: deterministic, in order, valid on the wire, and varied enough to look alive."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain, pairwise
from random import Random
from typing import Any, cast, get_args, get_type_hints

import pytest
from greenflash.types.message_item_param import MessageItemParam

from greenflash_site.demo.cast import COMPANIES, people
from greenflash_site.demo.coding import CODING
from greenflash_site.demo.script import Called, OneOf, Said, Scenario, Step
from greenflash_site.demo.slots import SLOT, Slots
from greenflash_site.demo.story import PRODUCTS, Request, story
from greenflash_site.demo.support import SUPPORT
from products.models.product import Kind, Product

UNTIL = datetime(2026, 3, 12, 15, 40, tzinfo=UTC)  # a Thursday
EVERY_SCENARIO = pytest.mark.parametrize("scenario", SUPPORT + CODING, ids=lambda scenario: scenario.key)
type Message = dict[str, Any]
type Conversations = dict[str, list[Message]]


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    return list(story(seed=1, until=UNTIL))


@pytest.fixture(scope="module")
def conversations(requests: list[Request]) -> Conversations:
    return _conversations(requests)


def test_it_tells_the_same_story_again(requests: list[Request]) -> None:
    again = [json.dumps(request.body) for request in story(seed=1, until=UNTIL)]

    assert again == [json.dumps(request.body) for request in requests]
    assert again != [json.dumps(request.body) for request in story(seed=2, until=UNTIL)]


def test_it_depends_on_the_moment_and_not_on_its_time_zone(requests: list[Request]) -> None:
    elsewhere = UNTIL.astimezone(timezone(timedelta(hours=9)))

    assert list(story(seed=1, until=elsewhere)) == requests


def test_it_sends_requests_in_order_and_none_after_the_end(requests: list[Request]) -> None:
    assert all(one.at <= next_one.at for one, next_one in pairwise(requests))
    assert requests[-1].at <= UNTIL
    assert requests[0].at >= UNTIL - timedelta(days=14)


@pytest.mark.parametrize(("count", "days"), [(1, 1), (3, 2), (40, 14), (500, 30)])
def test_it_tells_as_many_conversations_as_asked(count: int, days: int) -> None:
    told = list(story(seed=5, until=UNTIL, days=days, conversations=count))

    assert len(_conversations(told)) == count
    assert min(request.at for request in told) >= UNTIL - timedelta(days=days)


def test_it_describes_products_that_the_product_form_accepts() -> None:
    assert [product.key for product in PRODUCTS] == ["support", "coding"]
    for product in PRODUCTS:
        assert product.kind in Kind.values
        assert product.color in Product.COLORS
        assert product.icon in Product.ICONS
        assert len(product.description) <= 500


def test_it_speaks_as_the_wire_wants_it(requests: list[Request]) -> None:
    types = get_args(get_type_hints(MessageItemParam)["message_type"])
    assert len(types) == 18
    for request in requests:
        body: dict[str, Any] = request.body
        assert "productId" not in body
        assert {"externalUserId", "externalConversationId", "model", "properties", "messages"} <= body.keys()
        assert 1 <= len(body["messages"]) <= 1000
        assert len(json.dumps(body)) < 8 * 1024 * 1024
        for message in body["messages"]:
            assert ("role" in message) != ("messageType" in message)
            assert message.get("role", "user") in ("user", "assistant", "system")
            assert message.get("messageType", "thought") in types
            assert ("toolName" in message) == (message.get("messageType") == "tool_call")
            assert _is_external_id(message["externalMessageId"])
            assert datetime.fromisoformat(message["createdAt"]).tzinfo is not None
            assert datetime.fromisoformat(message["createdAt"]) <= request.at
            assert "\x00" not in json.dumps(message)
        assert all(_is_external_id(value) for key, value in body.items() if key.startswith("external"))


def test_it_names_each_message_once_and_only_parents_that_exist(requests: list[Request]) -> None:
    known: dict[str, dict[str, Message]] = {}
    for request in requests:
        messages = known.setdefault(str(request.body["externalConversationId"]), {})
        for message in _messages(request):
            same = messages.setdefault(message["externalMessageId"], message)
            assert same == message  # resent history is the same history
            parent = message.get("parentExternalMessageId")
            assert parent is None or messages[parent]["createdAt"] < message["createdAt"]
            if message.get("messageType") in ("observation", "tool_error"):
                assert messages[message["parentExternalMessageId"]]["messageType"] == "tool_call"


def test_it_keeps_the_order_of_time_inside_a_conversation(conversations: Conversations) -> None:
    for messages in conversations.values():
        assert messages[0]["role"] == "user"
        assert all(one["createdAt"] < next_one["createdAt"] for one, next_one in pairwise(messages))


def test_it_keeps_one_user_product_and_model_in_a_conversation(requests: list[Request]) -> None:
    seen: dict[object, tuple[object, ...]] = {}
    for request in requests:
        body = request.body
        who = (request.product, body["externalUserId"], body.get("externalOrganizationId"), body["model"])
        assert seen.setdefault(body["externalConversationId"], who) == who


def test_it_is_busy_on_every_day_and_less_on_weekends(conversations: Conversations) -> None:
    days = Counter(_at(messages[0]).date() for messages in conversations.values())
    weekend = sum(count for day, count in days.items() if day.weekday() > 4) / 4
    weekdays = sum(count for day, count in days.items() if day.weekday() <= 4) / 10

    assert len(days) >= 13
    assert days[UNTIL.date()] >= 4
    assert weekend < weekdays / 1.5


def test_it_has_something_fresh_and_stays_awake_when_others_sleep(conversations: Conversations) -> None:
    newest = max(_at(messages[0]) for messages in conversations.values())
    by_night = sum(_at(messages[0]).hour < 5 for messages in conversations.values())

    assert timedelta(minutes=1) < UNTIL - newest < timedelta(minutes=10)
    assert 0 < by_night < len(conversations) / 8


def test_it_has_a_few_busy_people_and_a_long_tail(requests: list[Request]) -> None:
    owners = {request.body["externalConversationId"]: str(request.body["externalUserId"]) for request in requests}
    per_person = Counter(owners.values())
    companies = {request.body.get("externalOrganizationId") for request in requests} - {None}

    assert max(per_person.values()) >= 8
    assert sum(count == 1 for count in per_person.values()) >= 20
    assert 15 <= len(companies) <= len(COMPANIES)
    assert any("externalOrganizationId" not in request.body for request in requests)


def test_it_resends_history_and_comes_back_after_hours(requests: list[Request], conversations: Conversations) -> None:
    per_conversation = Counter(str(request.body["externalConversationId"]) for request in requests)
    told: set[str] = set()
    resent = 0
    for request in requests:
        ids = {message["externalMessageId"] for message in _messages(request)}
        resent += bool(ids & told)
        told |= ids
    pauses = [[_at(b) - _at(a) for a, b in pairwise(messages)] for messages in conversations.values()]
    idle = sum(any(pause > timedelta(hours=1) for pause in each) for each in pauses)

    assert sum(count > 1 for count in per_conversation.values()) >= 60
    assert resent >= 20
    assert 0.08 < idle / len(conversations) < 0.5


def test_it_has_failures_switches_and_languages_in_sane_shares(
    requests: list[Request], conversations: Conversations
) -> None:
    total = len(conversations)
    models = {str(request.body["model"]) for request in requests}
    products = Counter({str(r.body["externalConversationId"]): r.product for r in requests}.values())
    failing = sum(any(m.get("messageType") == "tool_error" for m in each) for each in conversations.values())
    switching = sum(any("model" in m for m in each) for each in conversations.values())
    openings = _foreign_openings()
    foreign = sum(openings.fullmatch(each[0]["content"]) is not None for each in conversations.values())

    assert 0.5 < products["support"] / total < 0.75
    assert 0.08 < failing / total < 0.4
    assert 0.02 < switching / total < 0.15
    assert 0.05 < foreign / total < 0.35
    assert len(models) >= 4


def test_it_fills_every_slot_and_leaves_no_braces_in_prose(conversations: Conversations) -> None:
    for message in chain.from_iterable(conversations.values()):
        assert not re.search("[«»]", json.dumps(message, ensure_ascii=False))
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", message.get("content", ""), flags=re.DOTALL)
        assert not re.search("[{}]", prose), prose
        assert message.get("content", "x").strip()


def test_it_opens_conversations_in_many_ways(conversations: Conversations) -> None:
    assert len({messages[0]["content"] for messages in conversations.values()}) >= 150


def test_it_stays_varied_when_there_is_a_lot(requests: list[Request]) -> None:
    many = _conversations(list(story(seed=3, until=UNTIL, conversations=3000)))
    openings = Counter(messages[0]["content"] for messages in many.values())
    transcripts = {tuple(str(m.get("content")) for m in messages) for messages in many.values()}

    assert len(openings) >= 1200
    assert openings.most_common(1)[0][1] <= 40
    assert len(transcripts) >= 2900


def test_it_has_enough_scripts_each_under_its_own_key() -> None:
    keys = [scenario.key for scenario in SUPPORT + CODING]

    assert len(keys) == len(set(keys))
    assert len(SUPPORT) >= 30
    assert len(CODING) >= 15
    assert {scenario.language for scenario in SUPPORT} == {"en", "de", "es", "pt", "ja", "ar"}
    assert [scenario.product for scenario in SUPPORT + CODING] == ["support"] * len(SUPPORT) + ["coding"] * len(CODING)


@EVERY_SCENARIO
def test_it_opens_with_the_user_and_gives_each_variant_the_same_slots(scenario: Scenario) -> None:
    assert isinstance(scenario.steps[0], Said)
    assert scenario.steps[0].speaker == "user"
    assert len(scenario.steps[0].phrasings) >= 3
    assert len({frozenset(variant) for variant in scenario.variants}) == 1
    used = set(SLOT.findall(" ".join(_texts(scenario.steps))))
    assert set(scenario.slots) | set(scenario.variants[0]) <= used | set(SLOT.findall(str(scenario.variants)))


@EVERY_SCENARIO
def test_it_has_an_answer_for_each_phrasing_that_needs_its_own(scenario: Scenario) -> None:
    _check_fitting(scenario.steps, None)


@EVERY_SCENARIO
def test_it_can_fill_every_text(scenario: Scenario) -> None:
    rng = Random(1)
    for person in people(count=6, rng=rng):
        for variant in scenario.variants:
            given = {name: values[0] for name, values in scenario.slots.items()} | dict(variant)
            slots = Slots(given, rng=rng, at=UNTIL, person=person, language=scenario.language)
            for text in _texts(scenario.steps):
                assert not SLOT.search(slots.fill(text))


def test_it_names_nobody_twice_and_only_example_domains() -> None:
    everyone = people(count=3000, rng=Random(7))

    assert len({person.external_id for person in everyone}) == 3000
    assert all(person.email.endswith(".example") for person in everyone)


def _conversations(requests: list[Request]) -> Conversations:
    found: dict[str, dict[str, Message]] = {}
    for request in requests:
        messages = found.setdefault(str(request.body["externalConversationId"]), {})
        messages.update({message["externalMessageId"]: message for message in _messages(request)})
    return {key: list(messages.values()) for key, messages in found.items()}


def _messages(request: Request) -> list[Message]:
    return cast("list[Message]", request.body["messages"])


def _texts(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        match step:
            case Said():
                yield from step.phrasings
            case Called():
                yield json.dumps([step.input, step.output], ensure_ascii=False)
            case OneOf(ways):
                for way in ways:
                    yield from _texts(way)


def _check_fitting(steps: tuple[Step, ...], choices: int | None) -> None:
    """`choices` is how many phrasings the last thing said had; after a fork nobody can know."""
    for step in steps:
        match step:
            case OneOf(ways):
                for way in ways:
                    _check_fitting(way, choices)
                choices = None
            case Said(speaker, phrasings, fitting) if speaker != "thought":
                assert not fitting or len(phrasings) == choices
                choices = len(phrasings)


def _at(message: Message) -> datetime:
    return datetime.fromisoformat(message["createdAt"])


def _is_external_id(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 255 and value.isprintable()


def _foreign_openings() -> re.Pattern[str]:
    """What the opening of a conversation in another language than English looks like."""
    openings = [scenario.steps[0] for scenario in SUPPORT + CODING if scenario.language != "en"]
    texts = [text for opening in openings if isinstance(opening, Said) for text in opening.phrasings]
    return re.compile("|".join(SLOT.sub(".+", re.escape(text)) for text in texts))
