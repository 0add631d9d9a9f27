"""Charts drawn on the server: numbers in, SVG path strings out."""

from collections.abc import Sequence


def sparkline_path(values: Sequence[float], *, width: int = 104, height: int = 40, margin: int = 4) -> str:
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
