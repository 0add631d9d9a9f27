"""Charts drawn on the server: numbers in, SVG out, with a text alternative; `components/chart.html` adds the table, and
static/js/charts.js shows of it what is under the pointer.

Pages call `chart(…)` for a `Chart`, or a drawing by itself: `line`, `bars`, `stacked`, `distribution`, `sparkline`.
Colours and sizes are in static/css/chart.css. Across, everything is in percent of the width, so that a chart is as wide
as its place and its text never scales; a line is drawn in a box of its own that stretches.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import groupby
from math import floor, log10

from django.utils.safestring import SafeString, mark_safe

# Of a chart, in pixels: the plot is between TOP and GROUND, the labels of the days below it.
HEIGHT, TOP, GROUND = 200, 14, 172
# The lines' own units across.
WIDE = 1_000
# How much of a place a bar takes.
BAR = 0.72
ROW, ROW_BAR = 28, 12
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 104, 40, 4

type Value = float | None  # None: no data
type Format = Callable[[float], str]  # as HTML has it


def exact(value: float) -> str:
    """12345 as "12,345", 4.25 as "4.25"."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Series:
    """One line, or one colour of the bars: a value for each label, None where there is no data.

    `tone` is "accent", "muted", "negative", "caution" or one of a product's colours ("blue", …).
    """

    name: str
    values: Sequence[Value]
    tone: str = "accent"


@dataclass(frozen=True)
class Chart:
    """A chart with what `components/chart.html` shows around it; `table` is its numbers again."""

    title: str
    svg: SafeString
    table: SafeString
    legend: list[Series]
    is_empty: bool


def chart(
    draw: Callable[..., SafeString],
    series: Sequence[Series],
    *,
    labels: Sequence[str],
    title: str,
    of: str = "Day",
    links: Sequence[str] = (),
    form: Format = exact,
) -> Chart:
    """A chart by `line`, `bars` or `stacked`; `of` says what the labels are, `links` lead to what is behind each."""
    return Chart(
        title=title,
        svg=draw(series, labels=labels, title=title, form=form),
        table=_table(series, labels, links, of=of, form=form),
        legend=list(series) if len(series) > 1 else [],
        is_empty=not any(value for each in series for value in each.values),
    )


def _table(
    series: Sequence[Series], labels: Sequence[str], links: Sequence[str], *, of: str, form: Format
) -> SafeString:
    """The rows of the table behind a chart; a page has hundreds, which took a template 10 ms."""
    head = "".join(
        f'<th scope="col" class="number" data-tone="{escape(each.tone)}">{escape(each.name)}</th>' for each in series
    )
    names = [escape(label) for label in labels]
    if links:
        linked = zip(links, names, strict=True)
        names = [f'<a class="text-link" href="{escape(link)}">{name}</a>' if link else name for link, name in linked]
    told = zip(*([_told(value, form) for value in each.values] for each in series), strict=True)
    rows = (
        f'<tr><th scope="row">{name}</th><td>{"</td><td>".join(values)}</td></tr>'
        for name, values in zip(names, told, strict=True)
    )
    return mark_safe(  # noqa: S308 - every text in it was escaped
        f'<thead><tr><th scope="col">{escape(of)}</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody>'
    )


def line(series: Sequence[Series], *, labels: Sequence[str], title: str, form: Format = exact) -> SafeString:
    """Lines through `series`, broken where there is no data; below the first of them its ground is filled."""
    top = _top(value for each in series for value in each.values)
    drawn = [_grid(top), _days(labels)]
    places, shapes = _places(len(labels)), []
    for place, each in reversed(list(enumerate(series))):
        for run in _runs(each.values):
            points = [((index + 0.5) * WIDE / len(labels), _y(value, top)) for index, value in run]
            path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            if place == 0:
                area = f"{path} L{points[-1][0]:.1f} {GROUND} L{points[0][0]:.1f} {GROUND}Z"
                shapes.append(f'<path class="chart__area" data-tone="{escape(each.tone)}" d="{area}"/>')
            # A day between days without data is a line of no length, which round caps make a dot.
            shapes.append(
                f'<path class="chart__line" data-tone="{escape(each.tone)}" d="{path}{"" if len(run) > 1 else "h0"}">'
                "</path>"
            )
    drawn.append(
        f'<svg width="100%" height="{HEIGHT}" viewBox="0 0 {WIDE} {HEIGHT}" preserveAspectRatio="none">'
        f"{''.join(shapes)}</svg>"
    )
    tones = [escape(each.tone) for each in series]
    dots = (
        "".join(
            f'<circle data-tone="{tone}" cx="{place.middle}" cy="{_y(value, top):.1f}" r="3.5"/>'
            for tone, value in zip(tones, values, strict=True)
            if value is not None
        )
        for place, values in zip(places, _by_label(series), strict=True)
    )
    drawn += _slots(series, labels, dots, form)
    return _svg("line", [*drawn, _scale(top, form)], series, labels=labels, title=title, form=form)


def bars(series: Sequence[Series], *, labels: Sequence[str], title: str, form: Format = exact) -> SafeString:
    """A bar of the first of `series` for each label; of a second one, which is for comparing, a mark across it."""
    top = _top(value for each in series for value in each.values)
    own, *others = [escape(each.tone) for each in series]

    def shapes(place: Place, value: Value, *before: Value) -> str:
        marks = (
            f'<line class="chart__mark" data-tone="{tone}" {place.across} y1="{_y(value, top):.1f}"'
            f' y2="{_y(value, top):.1f}"/>'
            for tone, value in zip(others, before, strict=True)
            if value
        )
        return _bar(place, 0, value, top, own) + "".join(marks)

    marked = (shapes(place, *values) for place, values in zip(_places(len(labels)), _by_label(series), strict=True))
    drawn = [_grid(top), _days(labels), *_slots(series, labels, marked, form)]
    return _svg("bars", [*drawn, _scale(top, form)], series, labels=labels, title=title, form=form)


def stacked(series: Sequence[Series], *, labels: Sequence[str], title: str, form: Format = exact) -> SafeString:
    """Bars of all `series`, one on the other, the first at the ground."""
    top = _top(sum(value or 0 for value in values) for values in _by_label(series))
    tones = [escape(each.tone) for each in series]

    def shapes(place: Place, values: Sequence[Value]) -> str:
        bars, below = "", 0.0
        for tone, value in zip(tones, values, strict=True):
            if value:
                bars += _bar(place, below, value, top, tone)
                below += value
        return bars or _bar(place, 0, None, top, "")

    stacks = map(shapes, _places(len(labels)), _by_label(series))
    drawn = [_grid(top), _days(labels), *_slots(series, labels, stacks, form)]
    return _svg("stacked", [*drawn, _scale(top, form)], series, labels=labels, title=title, form=form)


def distribution(parts: Sequence[tuple[str, float, str]], *, title: str, form: Format = exact) -> SafeString:
    """How a whole is made up: a row for each part, which is its label, value and tone."""
    whole = sum(value for _, value, _ in parts)
    longest = max((value for _, value, _ in parts), default=0) or 1
    drawn = []
    for place, (label, value, tone) in enumerate(parts):
        middle, share = place * ROW + ROW / 2, 100 * value / whole if whole else 0
        told = f"{form(value)} ({share:.0f} %)"
        drawn.append(
            f'<g class="chart__slot"><title>{escape(label)}: {told}</title>'
            f'<rect class="chart__hit" x="0" y="{place * ROW}" width="100%" height="{ROW}"/>'
            f'<text x="0" y="{middle:.0f}" dominant-baseline="central">{escape(label)}</text>'
            f'<rect class="chart__track" x="22%" y="{middle - ROW_BAR / 2:.0f}" width="54%" height="{ROW_BAR}" rx="3">'
            "</rect>"
            f'<rect class="chart__bar" data-tone="{escape(tone)}" x="22%" y="{middle - ROW_BAR / 2:.0f}"'
            f' width="{54 * value / longest:.3f}%" height="{ROW_BAR}" rx="3"/>'
            f'<text class="chart__value" x="100%" y="{middle:.0f}" dominant-baseline="central" text-anchor="end">{told}'
            "</text></g>"
        )
    said = "; ".join(f"{label}: {form(value)}" for label, value, _ in parts) if whole else "no data"
    return _wrapped("".join(drawn), title, said, height=max(len(parts), 1) * ROW)


def sparkline(values: Sequence[float], *, title: str, labels: Sequence[str] = ()) -> SafeString:
    """A line through `values`, oldest first, which says how they went; each is told under the pointer by its label."""
    path = sparkline_path(values)
    if not path:
        return SafeString()
    label = f"{title}: {', '.join(map(exact, values))}"
    told = "|".join(f"{each}: {exact(value)}" for each, value in zip(labels, values, strict=False))
    return mark_safe(  # noqa: S308 - numbers, and what is escaped
        f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(label)}" data-told="{escape(told)}"><path d="{path}"/></svg>'
    )


def sparkline_path(
    values: Sequence[float], *, width: int = SPARK_WIDTH, height: int = SPARK_HEIGHT, margin: int = SPARK_MARGIN
) -> str:
    """The path of a line through `values`, oldest first, filling a box of `width` x `height` with its own scale.

    A flat line lies on the ground; fewer than two values make no line.
    """
    if len(values) < 2:
        return ""
    low, high = min(0.0, *values), max(values)
    span = (high - low) or 1.0
    step = width / (len(values) - 1)
    points = (
        f"{index * step:.1f} {height - margin - (value - low) / span * (height - 2 * margin):.1f}"
        for index, value in enumerate(values)
    )
    return "M" + " L".join(points)


def _runs(values: Sequence[Value]) -> list[list[tuple[int, float]]]:
    """Stretches of values with data, each value with its place."""
    stretches = groupby(enumerate(values), key=lambda each: each[1] is not None)
    return [[(place, value) for place, value in run if value is not None] for has_data, run in stretches if has_data]


def _top(values: Iterable[Value]) -> float:
    """A round number that no value exceeds, and of whole numbers one that has a half."""
    most = max((value for value in values if value is not None), default=0)
    if most <= 0:
        return 1
    power = 10.0 ** floor(log10(most))
    times = (1, 2, 4, 6, 8) if power == 1 else (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8)
    return float(next((power * each for each in times if power * each >= most), power * 10))


def _y(value: float, top: float) -> float:
    """Where a value is, in pixels; below nothing there is nothing."""
    return GROUND - max(value, 0) / top * (GROUND - TOP)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one of the labels is, as attributes: what hears the pointer, a bar, a mark across it, the middle."""

    hit: str
    bar: str
    across: str
    middle: str


@lru_cache(maxsize=8)
def _places(count: int) -> list[Place]:
    """The places of so many labels; the charts of a page have the same."""
    step = 100 / max(count, 1)
    gap = step * (1 - BAR) / 2
    return [
        Place(
            hit=f'x="{place * step:.3f}%" width="{step:.3f}%"',
            bar=f'x="{place * step + gap:.3f}%" width="{step * BAR:.3f}%"',
            across=f'x1="{place * step + gap:.3f}%" x2="{(place + 1) * step - gap:.3f}%"',
            middle=f"{(place + 0.5) * step:.3f}%",
        )
        for place in range(count)
    ]


def _by_label(series: Sequence[Series]) -> Iterable[tuple[Value, ...]]:
    """The values of all series, label by label."""
    return zip(*(each.values for each in series), strict=True)


def _bar(place: Place, below: float, value: Value, top: float, tone: str) -> str:
    """A bar that begins at `below`; a day without data has a stub on the ground, so that one sees that it is there."""
    if not value:
        return f'<rect class="chart__none" {place.bar} y="{GROUND - 2}" height="2"/>'
    low, high = _y(below, top), _y(below + value, top)
    height = max(low - high, 1)
    return (
        f'<rect class="chart__bar" data-tone="{tone}" {place.bar} y="{low - height:.1f}" height="{height:.1f}" rx="2"/>'
    )


def _slots(series: Sequence[Series], labels: Sequence[str], shapes: Iterable[str], form: Format) -> Iterable[str]:
    """What belongs to each label, with its values on hover also where no script runs."""
    names = [f"{escape(each.name)}: " if len(series) > 1 else "" for each in series]
    for place, label, values, drawn in zip(_places(len(labels)), labels, _by_label(series), shapes, strict=True):
        told = " · ".join(f"{name}{_told(value, form)}" for name, value in zip(names, values, strict=True))
        yield (
            f'<g class="chart__slot"><title>{escape(label)}: {told}</title>'
            f'<rect class="chart__hit" {place.hit} height="{GROUND}"/>{drawn}</g>'
        )


def _told(value: Value, form: Format) -> str:
    return "no data" if value is None else form(value)


def _grid(top: float) -> str:
    """Lines at the ground, the middle and the top."""
    heights = [_y(value, top) for value in (0, top / 2, top)]
    return "".join(f'<line class="chart__grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>' for y in heights)


def _scale(top: float, form: Format) -> str:
    """What the lines stand for, drawn over the marks."""
    values = [top] if top == 1 else [top / 2, top]  # half of one conversation is none
    return "".join(
        f'<text class="chart__scale" x="0" y="{_y(value, top) - 4:.1f}">{escape(form(value))}</text>'
        for value in values
    )


def _days(labels: Sequence[str]) -> str:
    """The first label, the middle one and the last."""
    if not labels:
        return ""
    step = 100 / len(labels)
    shown = {0: ("0", "start"), len(labels) - 1: ("100%", "end")}
    if len(labels) > 4:
        shown[len(labels) // 2] = (f"{(len(labels) // 2 + 0.5) * step:.3f}%", "middle")
    return "".join(
        f'<text class="chart__label" x="{x}" y="{HEIGHT - 8}" text-anchor="{anchor}">{escape(labels[place])}</text>'
        for place, (x, anchor) in shown.items()
    )


def _svg(
    kind: str, drawn: Sequence[str], series: Sequence[Series], *, labels: Sequence[str], title: str, form: Format
) -> SafeString:
    """Named by its `kind` for static/js/charts.js."""
    span = f"{labels[0]} to {labels[-1]}. " if labels else ""
    told = []
    for each in series:
        known = [(value, label) for value, label in zip(each.values, labels, strict=True) if value is not None]
        if not any(value for value, _ in known):
            told.append(f"{each.name}: no data")
            continue
        most, when = max(known, key=lambda one: one[0])
        told.append(f"{each.name}: at most {form(most)} ({when}), last {form(known[-1][0])}")
    return _wrapped("".join(drawn), title, f"{span}{'; '.join(told)}", height=HEIGHT, kind=kind)


def _wrapped(drawn: str, title: str, told: str, *, height: int, kind: str = "distribution") -> SafeString:
    return mark_safe(  # noqa: S308 - every text in it was escaped
        f'<svg class="chart" data-kind="{kind}" role="img" width="100%" height="{height}"'
        f' aria-label="{escape(f"{title}. {told}")}"><desc>{escape(told)}</desc>{drawn}</svg>'
    )
