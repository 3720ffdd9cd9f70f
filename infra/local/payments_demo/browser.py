"""Browser without JavaScript, which keeps cookies and submits forms."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlencode, urljoin

from infra.errors import UnexpectedPage
from infra.local.payments_demo.page import Page

TIMEOUT_SECONDS = 60
NOTHING: Mapping[str, str] = {}


class Browser:
    """Browser of one subscriber."""

    def __init__(self) -> None:
        # Browsers take the loopback address for secure, without TLS.
        jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar)
        )

    def open(self, url: str) -> Page:
        """Return the page, after redirects. Raises UnexpectedPage unless its status is 200."""
        return self._send(url, None, "", 200)

    def press(self, page: Page, button: str, values: Mapping[str, str] = NOTHING, *, status: int = 200) -> Page:
        """Fill the values into the button's form, submit it, and return the next page. Raises UnexpectedPage."""
        form = page.form_with(button)
        if form is None:
            raise UnexpectedPage(f"{page.url} has no button {button!r}")
        filled = {**form.values, **values, **form.buttons[button]}
        return self._send(urljoin(page.url, form.action), urlencode(filled).encode(), page.url, status)

    def _send(self, url: str, body: bytes | None, referrer: str, status: int) -> Page:
        headers = {"Referer": referrer} if referrer else {}
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - pages of this machine
        try:
            answer = self._opener.open(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            page = Page(answer.url, answer.status, answer.read().decode())
        if page.status != status:
            raise UnexpectedPage(f"{page.url} has the status {page.status}, and not {status}")
        return page
