"""A request that is sent again stores nothing twice and gets the answer that was lost (Decision 4)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conversations.models import Conversation, Message
from greenflash_site.api.retries import KEY_LIFETIME, Attempt
from greenflash_site.tasks import delete_old_requests
from products.actions import create_api_key
from products.models import Member, Product, RequestCount, RequestKey
from tests.conftest import Api, sdk
from tests.conversations.bodies import known, saying

RETRY = {"X-Stainless-Retry-Count": "1"}


def told(response: Any) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    return body


class TestRetries:
    """The official clients send no key, and number their retries."""

    @pytest.mark.parametrize("fields", [{}, {"externalConversationId": "c1"}, {"systemPrompt": "Be kind."}])
    def test_it_doubles_nothing(self, fields: dict[str, Any], api: Api, product: Product) -> None:
        body = saying(product, "yes", {"messageType": "thought", "output": "Hm"}, known("a"), known("a"), **fields)
        first = api.post("messages", body)
        for count in ("1", "2"):
            again = api.post("messages", body, **{"X-Stainless-Retry-Count": count})
            assert (again.status_code, told(again)) == (201, told(first))
        assert Message.objects.count() == Conversation.objects.get().message_count == 3

    def test_it_gives_back_what_was_new_and_what_was_known(self, api: Api, product: Product) -> None:
        api.post("messages", saying(product, known("a"), externalConversationId="c1"))
        body = saying(product, "yes", known("a"), "no", known("b"), externalConversationId="c1")
        first = api.post("messages", body)
        # What others add meanwhile is none of its business.
        api.post("messages", saying(product, "yes", known("c"), externalConversationId="c1"))
        assert told(api.post("messages", body, **RETRY)) == told(first)
        assert [message["status"] for message in told(first)["messages"]] == [
            "created", "deduplicated", "created", "created",
        ]  # fmt: skip
        assert Message.objects.count() == 6

    def test_it_stores_a_retry_whose_first_try_never_came(self, api: Api, product: Product) -> None:
        assert api.post("messages", saying(product, "yes"), **RETRY).status_code == 201
        assert Message.objects.count() == 1

    def test_it_takes_the_same_words_said_again_for_new(self, api: Api, product: Product) -> None:
        for headers in ({}, {"X-Stainless-Retry-Count": "0"}, {"X-Stainless-Retry-Count": "x"}):
            api.post("messages", saying(product, "yes", externalConversationId="c1"), **headers)
        assert Conversation.objects.get().message_count == 3

    def test_it_compares_key_and_body(self, api: Api, product: Product, owner: Member) -> None:
        other = Api(create_api_key(owner.workspace, acting_user=owner.person, name="other").plaintext)
        api.post("messages", saying(product, "yes", externalConversationId="c1"))
        api.post("messages", saying(product, "yes!", externalConversationId="c1"), **RETRY)
        other.post("messages", saying(product, "yes", externalConversationId="c1"), **RETRY)
        assert Conversation.objects.get().message_count == 3

    def test_it_forgets_after_three_minutes(self, api: Api, product: Product) -> None:
        body = saying(product, "yes", externalConversationId="c1")
        api.post("messages", body)
        Message.objects.update(received_at=datetime.now(UTC) - timedelta(minutes=3, seconds=1))
        api.post("messages", body, **RETRY)
        assert Conversation.objects.get().message_count == 2

    def test_it_looks_back_over_the_turn_of_minutes(self) -> None:
        attempt = Attempt(digest=bytes(range(32)), is_retry=True)
        now = datetime(2026, 1, 31, 9, 30, 0, 1, tzinfo=UTC)
        for seconds in (0, 1, 59, 61, 179, 180):
            assert attempt.hash_at(now - timedelta(seconds=seconds)) in attempt.recent_hashes(now)

    @pytest.mark.django_db(transaction=True)
    def test_it_waits_for_a_first_try_that_is_on_its_way(self, server: str, api_key: str, product: Product) -> None:
        def send(number: int) -> Any:
            with sdk(server, api_key) as client:
                return client.messages.create(
                    external_user_id="ann",
                    product_id=str(product.id),
                    messages=[{"role": "user", "content": "yes"}],
                    extra_headers={"X-Stainless-Retry-Count": str(number)},
                )

        for _ in range(5):
            Message.objects.all().delete()
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(send, [0, 1, 1, 2, 2, 2, 1, 1]))
            # The one that says it is the first may come after a retry, and then is a message of its own.
            stored = {str(id) for id in Message.objects.values_list("id", flat=True)}
            assert len(stored) <= 2
            assert {answer.messages[0].message_id for answer in answers} == stored


class TestIdempotencyKey:
    """Anybody may send one with any POST."""

    def test_it_answers_the_same_under_one_key(self, api: Api, product: Product) -> None:
        body = saying(product, "yes")
        first = api.post("messages", body, **{"Idempotency-Key": "k1"})
        again = api.post("messages", body, **{"Idempotency-Key": "k1"})
        assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
        assert api.post("messages", body, **{"Idempotency-Key": "k2"}).content != first.content
        assert Message.objects.count() == 2

    def test_it_refuses_another_body_under_one_key(self, api: Api, product: Product) -> None:
        api.post("messages", saying(product, "yes"), **{"Idempotency-Key": "k1"})
        response = api.post("messages", saying(product, "no"), **{"Idempotency-Key": "k1"})
        assert (response.status_code, told(response)["code"]) == (400, "idempotency_key_reused")
        assert Message.objects.count() == 1

    def test_it_leaves_the_key_of_a_refused_request_free(self, api: Api, product: Product) -> None:
        refused = api.post("messages", saying(product, {"role": "robot"}), **{"Idempotency-Key": "k1"})
        assert refused.status_code == 400
        assert RequestKey.objects.count() == 0
        assert api.post("messages", saying(product, "yes"), **{"Idempotency-Key": "k1"}).status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
    def test_it_refuses_what_is_no_key(self, key: str, api: Api, product: Product) -> None:
        response = api.post("messages", saying(product, "yes"), **{"Idempotency-Key": key})
        assert (response.status_code, told(response)["code"]) == (400, "invalid_idempotency_key")

    def test_it_keeps_workspaces_apart(self, api: Api, product: Product, stranger: Member) -> None:
        first = api.post("messages", saying(product, "yes"), **{"Idempotency-Key": "k1"})
        strangers = Api(create_api_key(stranger.workspace, acting_user=stranger.person, name="globex").plaintext)
        response = strangers.post("messages", saying(product, "yes"), **{"Idempotency-Key": "k1"})
        assert response.status_code == 404
        assert first.content not in response.content

    def test_it_forgets_after_a_day(self, api: Api, product: Product) -> None:
        def age() -> None:
            RequestKey.objects.update(created_at=datetime.now(UTC) - KEY_LIFETIME - timedelta(seconds=1))

        api.post("messages", saying(product, "yes"), **{"Idempotency-Key": "k1"})
        age()
        assert api.post("messages", saying(product, "no"), **{"Idempotency-Key": "k1"}).status_code == 201
        assert RequestKey.objects.count() == 1
        delete_old_requests(0)
        assert RequestKey.objects.count() == 1
        age()
        delete_old_requests(0)
        assert RequestKey.objects.count() == RequestCount.objects.count() == 0

    @pytest.mark.django_db(transaction=True)
    def test_it_stores_one_of_twelve_at_once(self, server: str, api_key: str, product: Product) -> None:
        def send(_number: int) -> Any:
            with sdk(server, api_key) as client:
                return client.messages.create(
                    external_user_id="ann",
                    product_id=str(product.id),
                    messages=[{"role": "user", "content": "yes"}],
                    extra_headers={"Idempotency-Key": "k1"},
                )

        with ThreadPoolExecutor(12) as pool:
            answers = {str(answer) for answer in pool.map(send, range(12))}
        assert len(answers) == 1
        assert Message.objects.count() == 1
