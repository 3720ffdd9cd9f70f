"""Test of the URL in mails: it must lead to the service, as far as this can be tested yet."""

import json
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from infra.errors import SmokeTestFailed
from infra.packaging.local_environment import LOOPBACK

REQUEST_SECONDS = 9.0
"""Limit below 10 s, after which progress must be printed; the function is warm by then."""
PATH = "/readyz"
"""Probe for the test: `/healthz` responds to every host, this one only to ALLOWED_HOSTS, and with a unique body."""


@dataclass(frozen=True)
class SiteTest:
    """`site_url` is that of the settings, `api_url` the deployed stage's, both without a trailing slash."""

    site_url: str
    api_url: str

    def run(self) -> str:
        """Return the result, or the reason why it was not tested. Raises SmokeTestFailed if links are refused."""
        if self.site_url == self.api_url:
            return "SITE_URL is this API's own address"
        if _is_here(self.api_url) and not _is_here(self.site_url):
            return f"SITE_URL not tried: this API is on this machine, and {self.site_url} is not"
        try:
            status, body = fetch(f"{self.site_url}{PATH}", REQUEST_SECONDS)
        except (OSError, HTTPException) as error:
            return f"SITE_URL not tried: {_reason(error, self.site_url)}. {self._remedy}"
        if status == HTTPStatus.BAD_REQUEST:
            raise SmokeTestFailed(
                f"GET {self.site_url}{PATH} answered 400, and so does every link in a mail. Add the host of SITE_URL "
                "to ALLOWED_HOSTS, or have what stands before the API keep the Host header."
            )
        if not _is_ours(body):
            return f"SITE_URL leads elsewhere: {self.site_url}{PATH} answered {status}. {self._remedy}"
        return f"{self.site_url} leads to the service"

    @property
    def _remedy(self) -> str:
        return (
            "Until it leads here, links in mails are dead: docs/runbook.md, Domain; without a domain, set SITE_URL to "
            f"{self.api_url}"
        )


def fetch(url: str, seconds: float) -> tuple[int, str]:
    """Return status and body of a GET. Raises OSError and HTTPException without a response."""
    request = urllib.request.Request(url, headers={"User-Agent": "smoke-test"})  # noqa: S310 - the API's or our own
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")


def _reason(error: Exception, url: str) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, socket.gaierror):
        return f"{urlsplit(url).hostname} does not resolve yet"
    return f"{url} did not answer: {cause}"


def _is_ours(body: str) -> bool:
    try:
        said: Any = json.loads(body)
    except ValueError:
        return False
    return isinstance(said, dict) and {"status", "problems", "only_delivery"} <= set(said)


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK
