"""Charts: numbers in, SVG paths out."""

import re

import pytest

from analytics.charts import sparkline_path


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
