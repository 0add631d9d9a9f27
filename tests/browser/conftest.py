"""A real browser on the real server, which must stay quiet: no dialog, no error, no request to anybody else.

While Playwright runs, Django refuses to touch the database in its thread. So what a test needs is made by fixtures that
stand before `page` in its arguments; `page` ends, and its loop is put aside, before the tables are emptied.
"""

import os
import shutil
from asyncio import AbstractEventLoop, get_running_loop
from asyncio.events import _set_running_loop
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from products.models import Person

# In milliseconds, and generous: the machine may be busy with other tests.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@dataclass
class Noise:
    """What a quiet page does not do."""

    server: str
    heard: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Hear everything that this page does."""
        page.on("dialog", lambda dialog: self.hear_dialog(dialog))
        page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        # Violations of the Content Security Policy are told on the console.
        page.on("console", lambda message: self.hear_message(message))
        page.on("request", lambda request: self.hear_request(request))
        page.on("response", lambda response: self.hear_response(response))

    def hear_dialog(self, dialog: Dialog) -> None:
        """Somebody's script has run."""
        self.heard.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def hear_message(self, message: ConsoleMessage) -> None:
        """Answers that are errors are heard as responses, where a page's own 404 or 422 can be told from a file's."""
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.heard.append(f"console: {message.text}")

    def hear_request(self, request: Request) -> None:
        """Only our own server may be asked for anything."""
        if not request.url.startswith((f"{self.server}/", "data:")):
            self.heard.append(f"request: {request.url}")

    def hear_response(self, response: Response) -> None:
        """What a page needs is there."""
        if response.status >= 500 or (response.status >= 400 and response.request.resource_type != "document"):
            self.heard.append(f"{response.status}: {response.url}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[Browser, AbstractEventLoop]]:
    """Debian's chromium, headless, and the loop that Playwright runs; once, because to start them takes 0.8 s."""
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("The browser tests need chromium: apt-get install chromium.")
        pytest.skip("no chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        loop = get_running_loop()
        _set_running_loop(None)
        yield browser, loop
        _set_running_loop(loop)
        browser.close()


@pytest.fixture
def browser(transactional_db: None, server: str, chromium: tuple[Browser, AbstractEventLoop]) -> Iterator[Browser]:
    """The browser, for as long as Playwright runs; outside of it neither Django nor asyncio shall know of its loop."""
    browser, loop = chromium
    _set_running_loop(loop)
    yield browser
    _set_running_loop(None)


@contextmanager
def quiet_context(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """A browser window of somebody new; every page of it must stay quiet."""
    noise = Noise(server)
    context = browser.new_context(base_url=server, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.on("page", noise.listen)
    yield context
    context.close()
    assert noise.heard == []


@pytest.fixture
def context(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """The browser window of the one who is followed."""
    with quiet_context(browser, server) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab of it."""
    return context.new_page()


@pytest.fixture
def colleague(browser: Browser, server: str) -> Iterator[Page]:
    """A tab in a window of its own, for somebody else."""
    with quiet_context(browser, server) as context:
        yield context.new_page()


@dataclass(frozen=True)
class Ticket:
    """A session that was made before Playwright started."""

    value: str

    def sign_in(self, page: Page, server: str) -> Page:
        """Be that person in this browser; the page."""
        # The server's own port names its cookie.
        name = f"greenflash_{server.rpartition(':')[2]}_session"
        page.context.add_cookies([{"name": name, "value": self.value, "url": server}])
        return page


def ticket(person: Person) -> Ticket:
    """A session of this person; to be made before `page`."""
    client = Client()
    client.force_login(person)
    return Ticket(client.cookies[settings.SESSION_COOKIE_NAME].value)
