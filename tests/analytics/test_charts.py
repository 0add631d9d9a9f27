"""Charts: numbers in, SVG out."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string

from analytics import charts
from analytics.charts import Series, sparkline_path

type Drawing = Callable[..., str]


def points(path: str) -> list[tuple[float, float]]:
    """The corners of a path."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.replace(" L", "L"))]


@pytest.mark.parametrize("values", [[], [5]])
def test_it_draws_no_line_through_fewer_than_two(values: list[int]) -> None:
    assert sparkline_path(values) == ""


def test_it_goes_from_edge_to_edge_and_from_ground_to_top() -> None:
    assert points(sparkline_path([0, 10, 5])) == [(0.0, 36.0), (52.0, 4.0), (104.0, 20.0)]


@pytest.mark.parametrize("values", [[0, 0, 0], [0.0, 0.0]])
def test_it_lays_a_flat_line_on_the_ground(values: list[float]) -> None:
    assert {y for _, y in points(sparkline_path(values))} == {36.0}


@pytest.mark.parametrize("values", [[-3, 4], [1e-9, 2e-9], [10**12, 1], [0.1] * 14, list(range(365))])
def test_it_stays_in_its_box(values: list[float]) -> None:
    corners = points(sparkline_path(values, width=60, height=20, margin=2))
    assert len(corners) == len(values)
    assert all(0 <= x <= 60 and 2 <= y <= 18 for x, y in corners)
    assert [x for x, _ in corners] == sorted(x for x, _ in corners)


LABELS = [f"Nov {day}" for day in range(1, 31)]
DRAWINGS = (charts.line, charts.bars, charts.stacked)
RAGGED: list[float | None] = [None, 0, 3, None, 7, *[1] * 25]


def parsed(svg: str) -> ElementTree.Element:
    """The drawing as a tree, which it must be to be shown."""
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


def hovers(svg: str) -> list[str]:
    """What is told on hover, mark by mark."""
    return [str(title.text) for title in parsed(svg).iter("title")]


def bars_of(svg: str) -> list[tuple[float, float]]:
    """Top and height of each bar."""
    found = [each for each in parsed(svg).iter("rect") if each.get("class") == "chart__bar"]
    return [(float(each.attrib["y"]), float(each.attrib["height"])) for each in found]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_it_tells_every_value_on_hover_and_what_has_none(draw: Drawing) -> None:
    told = hovers(draw([Series("Conversations", RAGGED)], labels=LABELS, title="Conversations a day"))
    assert told[:5] == ["Nov 1: no data", "Nov 2: 0", "Nov 3: 3", "Nov 4: no data", "Nov 5: 7"]
    assert len(told) == 30


@pytest.mark.parametrize("draw", DRAWINGS)
def test_it_says_in_words_what_it_shows(draw: Drawing) -> None:
    svg = parsed(draw([Series("Conversations", RAGGED)], labels=LABELS, title="Conversations a day"))
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == ("Conversations a day. Nov 1 to Nov 30. Conversations: at most 7 (Nov 5), last 1")


@pytest.mark.parametrize("draw", DRAWINGS)
def test_it_escapes_what_others_have_written(draw: Drawing) -> None:
    bad = '</svg><script>"&'
    svg = draw([Series(bad, [1], tone=bad), Series("b", [2])], labels=[bad], title=bad)
    assert hovers(svg) == [f"{bad}: {bad}: 1 · b: 2"]
    assert "<script" not in svg + charts.distribution([(bad, 1, bad)], title=bad) + charts.sparkline([1, 2], title=bad)


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize("values", [[], [None], [0], [5], [None, None], [-3, 4], [1e-9, 10**12], [0.5] * 400])
def test_it_draws_whatever_comes_inside_its_box(draw: Drawing, values: list[float | None]) -> None:
    svg = draw([Series("a", values), Series("b", values)], labels=[str(day) for day in range(len(values))], title="t")
    assert "style=" not in svg
    for each in parsed(svg).iter():
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(each.get(name, 0)) <= charts.HEIGHT
        assert float(each.get("height", "0")) <= charts.HEIGHT


def test_it_breaks_a_line_where_there_is_no_data() -> None:
    svg = parsed(charts.line([Series("a", [1, 2, None, 4, None])], labels=LABELS[:5], title="t"))
    lines = [each.attrib["d"] for each in svg.iter("path") if each.get("class") == "chart__line"]
    assert [len(points(path)) for path in lines] == [2, 1]
    assert lines[1].endswith("h0")


def test_it_draws_bars_as_high_as_their_values() -> None:
    low, high = bars_of(charts.bars([Series("a", [2, 4, None])], labels=LABELS[:3], title="t"))
    assert high == (charts.TOP, charts.GROUND - charts.TOP)
    assert low[1] == high[1] / 2
    assert low[0] + low[1] == charts.GROUND


def test_it_stacks_bars_without_gaps() -> None:
    first, second = bars_of(charts.stacked([Series("a", [1]), Series("b", [3])], labels=["Nov 1"], title="t"))
    assert second[0] + second[1] == first[0]
    assert (first[1] + second[1]) == charts.GROUND - charts.TOP


def test_it_shows_how_a_whole_is_made_up() -> None:
    svg = charts.distribution([("5 stars", 3, "accent"), ("1 star", 1, "negative")], title="Ratings")
    assert hovers(svg) == ["5 stars: 3 (75 %)", "1 star: 1 (25 %)"]
    assert "Ratings. no data" in charts.distribution([("5 stars", 0, "accent")], title="Ratings")


@pytest.mark.parametrize(
    ("most", "top"), [(1, "1"), (3, "4"), (5, "6"), (11, "12"), (21, "30"), (1_001, "1,200"), (0.35, "0.4")]
)
def test_it_scales_to_round_numbers(most: float, top: str) -> None:
    svg = parsed(charts.bars([Series("a", [most])], labels=["Nov 1"], title="t"))
    assert [each.text for each in svg.iter("text") if each.get("class") == "chart__scale"][-1] == top


def test_it_puts_a_table_behind_the_chart() -> None:
    drawn = charts.chart(
        charts.bars,
        [Series("Conversations", [1_234, None]), Series("Before", [5, 4.25])],
        labels=["Nov 1", "Nov 2"],
        title="Conversations a day",
        links=["/acme/conversations/?from=2026-11-01", ""],
    )
    page = " ".join(render_to_string("components/chart.html", {"chart": drawn}).split())
    assert '<th scope="row"><a class="text-link" href="/acme/conversations/?from=2026-11-01">Nov 1</a></th>' in page
    assert "<td>1,234</td><td>5</td>" in page
    assert "<td>no data</td><td>4.25</td>" in page
    assert page.count("<svg") == 1


def test_it_says_that_there_is_nothing_instead_of_drawing_it() -> None:
    drawn = charts.chart(charts.bars, [Series("Conversations", [0, None])], labels=["a", "b"], title="t")
    page = render_to_string("components/chart.html", {"chart": drawn})
    assert "No data in this time." in page
    assert "<svg" not in page
