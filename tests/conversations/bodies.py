"""Bodies of `POST /messages`, for the tests that send many of them."""

from typing import Any

from products.models import Product

type Json = dict[str, Any]


def saying(product: Product | None, *messages: str | Json, **fields: Any) -> Json:
    """A body that sends `messages` to `product`; a bare string is said by the user, `fields` are the wire's."""
    said = [{"role": "user", "content": message} if isinstance(message, str) else message for message in messages]
    target = {"productId": str(product.id)} if product else {}
    return {**target, "externalUserId": "user-1", "messages": said or [{"role": "user", "content": "Hello"}], **fields}


def known(external_id: str, content: str = "Hello", **fields: Any) -> Json:
    """A user's message that can be sent twice."""
    return {"role": "user", "content": content, "externalMessageId": external_id, **fields}
