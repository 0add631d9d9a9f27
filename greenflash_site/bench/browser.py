"""What a browser makes of pages: Debian's chromium through Playwright, which is there for developers only."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenflash_site.bench.report import verdict

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

# Of everything a first page needs, and of a page after it, as it is sent; seconds; a share of the window.
FIRST_BYTES, LATER_BYTES = 150_000, 30_000
PAINT_SECONDS, LONGEST_TASK_SECONDS, LAYOUT_SHIFT = 1.0, 0.05, 0.05
SCROLL_SECONDS = 10.0
WHEEL = 600  # pixels at a time, 20,000 a second
PATIENCE_SECONDS = 30.0
WIDTH, HEIGHT = 1440, 900
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
# Runs in each page before anything else.
WATCH = """
window.bench = {shift: 0, longest: 0, long: 0};
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) bench.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) { bench.longest = Math.max(bench.longest, entry.duration); bench.long += 1; }
}).observe({type: "longtask", buffered: true});
"""


@dataclass
class Seen:
    """What loading a page took: seconds to its first paint, bytes over the wire."""

    paint: float
    transferred: int


def look(base: str, *, cookie: str, first: str, later: str, long: str) -> Iterator[str]:
    """Lines about a first page, another one after it, and the longest conversation, each beside its target."""
    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        yield "In a browser: skipped, Playwright is not installed (uv sync)."
        return
    if chromium is None:
        yield "In a browser: skipped, there is no chromium here (apt-get install chromium)."
        return
    name, _, value = cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(base_url=base, viewport={"width": WIDTH, "height": HEIGHT})
        context.add_cookies([{"name": name, "value": value, "url": base}])
        context.add_init_script(WATCH)
        page = context.new_page()
        tab = Tab(page, context.new_cdp_session(page))
        seen = tab.open(first)
        yield line("first load", f"{seen.transferred / 1000:.0f} KB of 150", seen.transferred < FIRST_BYTES)
        seen = tab.open(later)
        yield line("later load", f"{seen.transferred / 1000:.0f} KB of 30", seen.transferred < LATER_BYTES)
        seen = tab.open(long)
        yield line("longest conversation, first paint", f"{seen.paint:.2f} s of 1", seen.paint < PAINT_SECONDS)
        yield from scrolled("down", tab, WHEEL)
        tab.open(f"{long}?at=end")
        yield from scrolled("up from its end", tab, -WHEEL)
        browser.close()


def scrolled(way: str, tab: "Tab", pixels: int) -> Iterator[str]:
    """What turning the wheel did to the page that is open."""
    longest, count = tab.scroll(pixels)
    yield line(
        f"… {way} for {SCROLL_SECONDS:.0f} s, longest task",
        f"{1000 * longest:.0f} ms of 50 ({count} longer ones)",
        longest < LONGEST_TASK_SECONDS,
    )
    shift = tab.shift()
    yield line("… layout shift", f"{shift:.3f} of 0.05", shift < LAYOUT_SHIFT)


def line(name: str, figures: str, is_reached: bool) -> str:
    """A figure and whether it keeps its target."""
    return f"{name:42}{figures:34}{verdict(is_reached)}"


class Tab:
    """A browser's tab that counts what it is sent."""

    def __init__(self, page: "Page", session: "CDPSession") -> None:
        self._page = page
        self._transferred = 0
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._count)

    def open(self, path: str) -> Seen:
        """Load a page, and wait until it asks for nothing more."""
        self._transferred = 0
        self._page.goto(path, wait_until="load")
        self._page.wait_for_timeout(1_000)
        # Not wait_for_function: Playwright would have the page evaluate a text, which our CSP refuses.
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (paint := self._page.evaluate(PAINT)) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} was not painted in {PATIENCE_SECONDS:.0f} s.")
            self._page.wait_for_timeout(100)
        return Seen(paint=paint / 1000, transferred=self._transferred)

    def scroll(self, pixels: int) -> tuple[float, int]:
        """Turn the wheel for a while, `pixels` at a time; the longest task (seconds), and how many took over 50 ms."""
        self._page.evaluate("bench.longest = bench.long = 0")
        self._page.mouse.move(WIDTH / 2, HEIGHT / 2)
        deadline = time.monotonic() + SCROLL_SECONDS
        while time.monotonic() < deadline:
            self._page.mouse.wheel(0, pixels)
            self._page.wait_for_timeout(30)
        longest, count = self._page.evaluate("[bench.longest, bench.long]")
        return longest / 1000, count

    def shift(self) -> float:
        """How far things have moved by themselves since the page was opened."""
        return float(self._page.evaluate("bench.shift"))

    def _count(self, event: dict[str, float]) -> None:
        self._transferred += int(event["encodedDataLength"])
