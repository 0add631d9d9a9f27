"""A key whose rate is used up is refused again without a thread, for as long as the answer is right."""

from dataclasses import replace

import pytest

from greenflash_site.server.gateway import Answer
from greenflash_site.server.refusals import Asked, Refusals

ASKED = Asked(b"gf_loud", "POST", b"/api/v1/messages")
REFUSED = Answer(
    429,
    [("RateLimit-Remaining", "0"), ("RateLimit-Reset", "7"), ("Retry-After", "7"), ("X-Request-Id", "first")],
    b'{"code":"rate_limited","requestId":"first"}',
)


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def refusing(answer: Answer = REFUSED, *, seconds: float = 0.0) -> tuple[Refusals, Clock]:
    """Refusals that have seen a request answered after so many seconds."""
    clock = Clock()
    refusals = Refusals(clock)
    second = refusals.second()
    clock.now += seconds
    refusals.learn(ASKED, answer, second=second)
    return refusals, clock


def test_it_knows_a_key_however_its_scheme_is_spelled() -> None:
    scope = {"method": "POST", "raw_path": b"/api/v1/messages", "client": ("192.0.2.1", 1)}
    headers = [(b"authorization", f"{scheme} gf_loud".encode()) for scheme in ("Bearer", "bearer", "BEARER")]
    assert {Asked.of({**scope, "headers": [header]}) for header in headers} == {ASKED}


def test_it_gives_the_same_answer_under_another_request_id() -> None:
    refusals, _ = refusing()
    one, two = refusals.again(ASKED), refusals.again(ASKED)
    assert one is not None
    assert two is not None
    assert one.headers[:3] == REFUSED.headers[:3]
    ids = [dict(answer.headers)["X-Request-Id"] for answer in (one, two)]
    assert len({"first", *ids}) == 3
    assert [answer.body.decode() for answer in (one, two)] == [
        f'{{"code":"rate_limited","requestId":"{id}"}}' for id in ids
    ]


@pytest.mark.parametrize(
    "asked",
    [
        ASKED._replace(caller=b"gf_other"),
        ASKED._replace(method="GET"),
        ASKED._replace(path=b"/api/v1/openapi.json"),
    ],
)
def test_it_does_not_answer_what_was_not_refused(asked: Asked) -> None:
    refusals, _ = refusing()
    assert refusals.again(asked) is None


def test_it_forgets_at_the_next_second() -> None:
    refusals, clock = refusing()
    clock.now += 0.999
    assert refusals.again(ASKED) is not None
    clock.now += 0.001
    assert refusals.again(ASKED) is None


def test_it_does_not_learn_what_was_answered_in_the_next_second() -> None:
    refusals, _ = refusing(seconds=1.0)
    assert refusals.again(ASKED) is None


@pytest.mark.parametrize(
    "answer",
    [
        replace(REFUSED, status=201),
        replace(REFUSED, headers=[("Retry-After", "7"), ("X-Request-Id", "first")]),  # not for a key's rate
    ],
)
def test_it_learns_nothing_else(answer: Answer) -> None:
    refusals, _ = refusing(answer)
    assert refusals.again(ASKED) is None
