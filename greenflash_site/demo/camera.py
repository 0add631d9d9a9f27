"""Looks at the demo of a running Greenflash, for the pictures of README and tour: Debian's chromium by Playwright."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management.base import CommandError

from greenflash_site.bench.pages import session_of
from greenflash_site.demo.story import ORGANIZATION_NAME
from greenflash_site.management.commands.demo_data import EMAIL
from products.models import Member

if TYPE_CHECKING:
    from playwright.sync_api import Page


# Opens a path in a window of its own: `with camera(path, size=(1440, 900)) as page`, and perhaps `is_dark=True`.
type Camera = Callable[..., AbstractContextManager[Page]]


def demo_member() -> Member:
    """Whose eyes the demo is seen with; CommandError where there is no demo."""
    member = Member.objects.filter(person__email=EMAIL, workspace__name=ORGANIZATION_NAME).first()
    if member is None:
        raise CommandError("There is no demo data here: make demo.")
    return member


@contextmanager
def camera_of(member: Member) -> Iterator[Camera]:
    """A browser that is signed in as `member`; CommandError without chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise CommandError("There is no chromium here: apt-get install chromium.")
    from playwright.sync_api import sync_playwright  # for developers only

    base, session = settings.GREENFLASH.url, session_of(member.person)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        @contextmanager
        def camera(path: str, *, size: tuple[int, int], is_dark: bool = False) -> "Iterator[Page]":
            context = browser.new_context(
                base_url=base,
                viewport={"width": size[0], "height": size[1]},
                color_scheme="dark" if is_dark else "light",
                reduced_motion="reduce",
            )
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base}])
            page = context.new_page()
            page.goto(path, wait_until="load")
            yield page
            context.close()

        yield camera
        browser.close()
