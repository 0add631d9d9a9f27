"""Refuses again, without a thread, whom the application has just refused for its rate; `front.py` asks here first."""

import uuid
from collections.abc import Callable
from time import time
from typing import Any, NamedTuple, Self

from greenflash_site.server.gateway import Answer

MOST = 1_000


class Asked(NamedTuple):
    """What is asked for and by whom, as far as the head tells: a key, a session, else an address."""

    caller: bytes
    method: str
    path: bytes

    @classmethod
    def of(cls, scope: dict[str, Any]) -> Self:
        """Of an ASGI `scope`."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        _scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
        caller = key or headers.get(b"cookie") or scope["client"][0].encode()
        return cls(caller, scope["method"], scope["raw_path"])


class Refusals:
    """The answers of this second of the clock that told a key that its rate is used up.

    For as long are they right to the letter: what a client has to wait is told in whole seconds, and no minute ends
    inside one. Only the request's id is new each time.
    """

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._second = 0
        self._answers: dict[Asked, Answer] = {}

    def second(self) -> int:
        """The second of the clock; of the one before nothing is remembered."""
        if (now := int(self._clock())) != self._second:
            self._second = now
            self._answers.clear()
        return now

    def learn(self, asked: Asked, answer: Answer, *, second: int) -> None:
        """Remember the answer to a request that came in `second`, if it is such a one and was made in that second."""
        if answer.status == 429 and second == self.second() and len(self._answers) < MOST:
            headers = dict(answer.headers)
            if headers.keys() >= {"RateLimit-Reset", "X-Request-Id"}:
                self._answers[asked] = answer

    def again(self, asked: Asked) -> Answer | None:
        """The answer to what has been refused in this second; None when it has not."""
        self.second()
        if (answer := self._answers.get(asked)) is None:
            return None
        request_id = str(uuid.uuid4())
        before = dict(answer.headers)["X-Request-Id"]
        headers = [(name, request_id if name == "X-Request-Id" else value) for name, value in answer.headers]
        return Answer(answer.status, headers, answer.body.replace(before.encode(), request_id.encode()))
