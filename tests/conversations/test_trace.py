"""The trace: a tree of any shape, its turns and its times."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.models import Message
from conversations.trace import MAX_DEPTH, WIDTH, Node, Tree, Turn, trace
from conversations.window import Window

# However busy the machine is.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def message(number: int, type: str = "thought", *, parent: int | None = None, at: float | None = None) -> Message:
    """The message of this number, `at` seconds after noon."""
    return Message(
        id=UUID(int=number),
        position=number,
        type=type,
        parent_id=UUID(int=parent) if parent else None,
        created_at=NOON + timedelta(seconds=number if at is None else at),
    )


def nodes(turns: list[Turn]) -> list[Node]:
    return [node for turn in turns for node in turn.nodes]


def numbers(found: list[Message]) -> list[int]:
    return [each.id.int for each in found]


def outline(turns: list[Turn]) -> list[tuple[int, int]]:
    """Each message with its depth, as a page nests them."""
    depth, found = 0, []
    for node in nodes(turns):
        found.append((node.message.id.int, depth))
        depth += node.is_branch - node.closes
    assert depth == 0
    return found


def test_it_nests_by_parent() -> None:
    said = [message(1, "user_message"), message(2, parent=1), message(3, parent=2), message(4, parent=1), message(5)]
    assert outline(trace(Window.whole(said))) == [(1, 0), (2, 1), (3, 2), (4, 1), (5, 0)]


def test_it_begins_a_turn_with_what_a_user_says() -> None:
    said = [
        message(1, "system_message"),
        message(2, "user_message"),
        message(3, "assistant_message"),
        message(4, "user_message"),
        message(5, "user_message", parent=4),
    ]
    turns = trace(Window.whole(said))
    assert [[node.message.id.int for node in turn.nodes] for turn in turns] == [[1], [2, 3], [4, 5]]


def test_it_tells_how_long_all_below_took() -> None:
    said = [
        message(1, "user_message", at=0),
        message(2, "chain_start", at=2),
        message(3, "tool_call", parent=2, at=3),
        message(4, "tool_error", parent=3, at=7),
        message(5, "assistant_message", at=10),
    ]
    [turn] = trace(Window.whole(said))
    assert turn.duration == "10 s"
    found = {node.message.id.int: node for node in turn.nodes}
    assert [(n, found[n].offset, found[n].duration, found[n].bar_start, found[n].bar_width) for n in (2, 3)] == [
        (2, "+2.0 s", "5.0 s", 200, 500),
        (3, "+3.0 s", "4.0 s", 300, 400),
    ]
    assert 4 not in found  # is one with its call
    assert found[3].has_failed
    assert (found[1].duration, found[1].offset) == ("", "")


def test_it_shows_a_child_whose_parent_is_elsewhere_and_says_so() -> None:
    [one, two] = nodes(trace(Window(messages=[message(2, parent=1), message(3)], earlier=[message(1)], results={})))
    assert (one.is_apart, two.is_apart) == (True, False)


def test_it_cuts_circles() -> None:
    said = [message(1, parent=3), message(2, parent=1), message(3, parent=2), message(4, parent=4)]
    assert outline(trace(Window.whole(said))) == [(3, 0), (1, 1), (2, 2), (4, 0)]


def test_it_shows_a_chain_of_any_length() -> None:
    said = [message(number, parent=number - 1) for number in range(1, 3_000)]
    found = outline(trace(Window.whole(said)))
    assert [number for number, _ in found] == list(range(1, 3_000))
    assert max(depth for _, depth in found) == MAX_DEPTH


def by_hand(parents: dict[int, int | None]) -> dict[int, list[int]]:
    """Children by parent, a link being made in order unless it closes a circle; None is the root."""
    kept: dict[int, int | None] = {}
    for number, parent in parents.items():
        above, seen = parent, set()
        while above is not None and above not in seen and above in parents:
            seen.add(above)
            above = kept.get(above)
        reaches = number in seen or number == parent
        kept[number] = parent if parent in parents and not reaches else None
    return {parent or 0: [number for number in kept if kept[number] == parent] for parent in {*kept.values(), None}}


@PATIENT
@given(st.lists(st.one_of(st.none(), st.integers(1, 14)), max_size=14))
def test_it_makes_the_tree_that_one_makes_by_hand(given_parents: list[int | None]) -> None:
    parents = dict(enumerate(given_parents, start=1))
    said = [message(number, parent=parent) for number, parent in parents.items()]
    tree = Tree(said, {UUID(int=number): UUID(int=parent) for number, parent in parents.items() if parent})
    expected = by_hand(parents)
    assert numbers(tree.roots) == expected[0]
    assert {id.int: numbers(children) for id, children in tree.children.items() if children} == {
        number: children for number, children in expected.items() if number
    }
    walked = [number.id.int for root in tree.roots for number, _ in tree.walk(root)]
    assert sorted(walked) == list(parents)


@PATIENT
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user_message", "thought", "tool_call", "observation", "tool_error", "chain_start"]),
            st.one_of(st.none(), st.integers(1, 20)),
            st.integers(0, 5),
        ),
        max_size=20,
    )
)
def test_it_keeps_every_message_once_whatever_its_shape(shape: list[tuple[str, int | None, int]]) -> None:
    at, said = 0, []
    for number, (type, parent, pause) in enumerate(shape, start=1):
        at += pause
        said.append(message(number, type, parent=parent, at=at))
    turns = trace(Window.whole(said))
    outline(turns)
    shown = [each.id.int for node in nodes(turns) for each in (node.message, node.result) if each]
    assert sorted(shown) == list(range(1, len(said) + 1))
    for node in nodes(turns):
        assert 0 <= node.bar_start < node.bar_start + node.bar_width <= WIDTH
