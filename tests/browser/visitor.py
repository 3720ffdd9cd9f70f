"""Visitor with a browser, who reports faults of a page."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from accounts.models import User
from tests.support.patience import PATIENCE_SECONDS, wait_until

Scheme = Literal["light", "dark"]

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = {"desktop": 1280, "phone": 320}
"""CSS pixels; the second is the narrowest window of WCAG 1.4.10."""
HEIGHT = 800
LOCALES = {"en": "en-GB", "de": "de-DE"}
"""Locales of browsers by the site's languages."""
PATIENCE_MILLISECONDS = PATIENCE_SECONDS * 1000
FITS = "document.documentElement.scrollWidth === document.documentElement.clientWidth"
OVERFLOWING = """() => [...document.querySelectorAll("main#content *")]
    .filter(box => box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 1)
    .filter(box => getComputedStyle(box).overflowX === "visible")
    .map(box => box.outerHTML.slice(0, 200))"""
"""Boxes of a page of ours whose content sticks out of them. An inline box has no `clientWidth`."""
STILL = """document.getAnimations().every((one) => one.playState !== "running"
    || one.effect.getComputedTiming().endTime === Infinity)"""
"""No transition is under way, as that of a link to its colour in the other scheme."""
NOT_OURS = {"exclude": [".inline-group th:first-child", ".inline-group th:last-child"]}
"""Empty headings in the tables of Django's admin."""

VIOLATIONS = {"preload": False, "resultTypes": ["violations"]}
"""Options of axe. What passes is not written out, which takes as long as to find what does not. Preloaded, style sheets
that import others become inline styles, which the page's policy refuses."""


@dataclass
class Visitor:
    """Browser window on the site. `troubles` collects console errors and requests to other hosts."""

    context: BrowserContext
    site_url: str
    troubles: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Addresses of other sites that the visitor is led to."""
    has_scripts: bool = True
    """Whether the context runs scripts, which the rules of accessibility need."""

    def __post_init__(self) -> None:
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MILLISECONDS)
        self._expected_status = 200
        self.page.on("console", self._read_console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))
        self.page.on("request", self._watch_request)

    def sign_in(self, user: User) -> None:
        """Sign the user in by a session cookie."""
        client = Client()
        client.force_login(user)
        self.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.site_url}]
        )

    def open(self, name: str, *args: Any, status: int = 200) -> None:
        """Open the page with this URL name and check its status."""
        self.open_path(reverse(name, args=args), status=status)

    def open_path(self, path: str, *, status: int = 200) -> None:
        """Open a path and check its status."""
        self.expect_status(status)
        answer = self.page.goto(self.site_url + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"

    def expect_status(self, status: int) -> None:
        """Accept console messages about responses with this status."""
        self._expected_status = status

    def click(self, name: str, role: Any = "button") -> None:
        """Press the button or follow the link with this name, and wait for the next page."""
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name, exact=True).click()

    def click_in_content(self, name: str, role: Any = "button") -> None:
        """Click within the content, if the page's frame has the same name too."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role(role, name=name, exact=True).click()

    def use(self, device: str, scheme: Scheme) -> None:
        """Emulate a device and a colour scheme."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": WIDTHS[device], "height": HEIGHT})

    def look_at(self, name: str) -> None:
        """Take a screenshot in each width and scheme, and require an accessible page."""
        for scheme in SCHEMES:
            for device in WIDTHS:
                self.use(device, scheme)
                self.photograph(f"{name}-{device}-{scheme}")

    def photograph(self, name: str) -> None:
        """Take a screenshot of the page as it is, and require that it fits the window and is accessible."""
        self.photograph_without_scripts(name)
        if not self.has_scripts:
            return
        barriers = self.barriers()
        assert not barriers, f"{name}: {barriers}"

    def photograph_without_scripts(self, name: str) -> None:
        """Take a screenshot, and require that the page fits the window. The rules of accessibility need scripts."""
        self._await_its_width(f"{name} is wider than its window")
        self.keep_picture(name, full_page=True)
        overflowing = self.page.evaluate(OVERFLOWING)
        assert not overflowing, f"{name}: {overflowing}"

    def keep_picture(self, name: str, **options: Any) -> None:
        """Take a screenshot to look at, if the variable SCREENSHOTS asks for it: it takes as long as a page."""
        if os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=SCREENSHOTS / f"{name}.png", **options)

    def barriers(self, **options: Any) -> list[str]:
        """Return the accessibility barriers of the page, of any impact, by axe with these options."""
        wait_until(lambda: bool(self.page.evaluate(STILL)))
        violations = Axe().run(self.page, NOT_OURS, VIOLATIONS | options).response["violations"]
        return [
            f"{violation['id']}: {node['html']} {node['failureSummary']}"
            for violation in violations
            for node in violation["nodes"]
        ]

    def _await_its_width(self, complaint: str) -> None:
        """Wait until nothing is wider than the window, which charts adapt to with a delay."""
        # By the debugger's protocol: `wait_for_function` calls `eval`, which the admin's policy refuses.
        try:
            wait_until(lambda: bool(self.page.evaluate(FITS)))
        except AssertionError as error:
            raise AssertionError(complaint) from error

    def _read_console(self, message: ConsoleMessage) -> None:
        wanted_refusal = f"status of {self._expected_status}" in message.text
        if message.type in {"error", "warning"} and not wanted_refusal:
            self.troubles.append(f"console: {message.text}")

    def _watch_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site_url}/", "data:", *self.others)):
            self.troubles.append(f"request to {request.url}")
