"""What somebody else holds locked for long is not waited for: the request is refused, and may be sent again."""

from uuid import UUID

import httpx
import pytest
from django.db import connection, transaction

from conversations.models import Conversation, Message
from products.models import Product
from tests.conversations.bodies import known, saying

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_answers_503_while_a_conversation_is_locked(server: str, api_key: str, product: Product) -> None:
    body = saying(product, known("a"), externalConversationId="c1")
    with httpx.Client(base_url=f"{server}/api/v1/", headers={"Authorization": f"Bearer {api_key}"}) as client:
        conversation = UUID(client.post("messages", json=body).json()["conversationId"])
        more = {**body, "messages": [known("b")]}
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select 1 from conversation where id = %s for update", [conversation])
            refused = client.post("messages", json=more)
            assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
            assert 1 <= int(refused.headers["Retry-After"]) <= 60
            # Nobody else waits.
            assert client.post("messages", json=saying(product, externalConversationId="c2")).status_code == 201
            assert client.get(f"interactions/{conversation}").status_code == 200
        assert client.post("messages", json=more).status_code == 201
    assert Conversation.objects.get(id=conversation).message_count == 2
    assert Message.objects.count() == 3
