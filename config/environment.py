"""Environment variables: all missing or invalid ones are reported at once, before Django starts."""

import logging
import math
import os
import re
from collections.abc import Callable, Collection
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from foundation.email_addresses import Sender, UndeliverableAddress, read_sender

T = TypeVar("T")

ORIGIN = r"(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?"
"""Lower case and ASCII, as https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin"""


class Environment:
    """Typed access to environment variables. If `local`, a missing variable falls back to its local default."""

    def __init__(self, *, local: bool) -> None:
        self.local = local
        self.problems: list[str] = []

    def text(self, name: str, *, local: str) -> str:
        """Return the variable, or `local` on a laptop. Elsewhere a missing or empty variable is a problem."""
        value = os.environ.get(name, "")
        if value:
            return value
        if not self.local:
            self.problems.append(f"{name} is not set")
        return local

    def listed(self, name: str, *, local: list[str]) -> list[str]:
        """Return a comma-separated variable as a list."""
        return [part.strip() for part in self.text(name, local=",".join(local)).split(",") if part.strip()]

    def hosts(self, name: str, *, local: list[str]) -> list[str]:
        """Return a comma-separated list of host names.

        Refuses `*`, which would let a client choose the host in links.
        """
        hosts = self.listed(name, local=local)
        if any("*" in host for host in hosts):
            self.problems.append(f"{name} must name each host; * is not allowed")
        return hosts

    def sender(self, name: str, *, local: str) -> Sender:
        """Return the variable as an e-mail address with an optional display name."""
        try:
            return read_sender(self.text(name, local=local))
        except UndeliverableAddress as error:
            self.problems.append(f"{name} must be an address, or Name <address>: {error}")
            return Sender("", local)

    def optional(self, name: str, read: Callable[[str], T], default: T) -> T:
        """Return a variable that has a default on every stage."""
        value = os.environ.get(name, "")
        if not value:
            return default
        try:
            return read(value)
        except ValueError:
            self.problems.append(f"{name} is not a valid {read.__name__}")
            return default

    def local_clock(self, name: str, *, local: str) -> str:
        """Return the URL of the local clock: a file on a laptop, elsewhere none.

        A function may use one on 127.0.0.1 if its AWS endpoint is there too.
        """
        address = os.environ.get(name, local if self.local else "")
        may_travel = address.startswith("file:") if self.local else _is_here(address) and _is_here(_endpoint())
        if address and not may_travel:
            self.problems.append(f"{name} is for the local stack only. Unset it.")
        return address

    def database(self, name: str, *, local: str) -> dict[str, Any]:
        """Return Django's database entry for a `postgres://user:password@host/name` or `sqlite:///file` URL.

        Problems are reported without the URL, which contains a password.
        """
        url = self.text(name, local=local)
        if not is_database_url(url):
            self.problems.append(f"{name} must be postgres://user:password@host:port/name or sqlite:///path/to/file")
        if self.problems:
            return {}  # django-environ would print a URL that it cannot parse
        config: dict[str, Any] = environ.Env.db_url_config(url)
        return config

    def refuse_if_broken(self) -> None:
        """Raise ImproperlyConfigured with all problems found so far."""
        if self.problems:
            raise ImproperlyConfigured(
                "The environment is not complete: " + "; ".join(self.problems) + ". "
                "See docs/reference/settings.md, or set DJANGO_LOCAL=1 on a laptop."
            )


def log_level(name: str) -> str:
    """Return a name of a Python log level. Raises ValueError."""
    if name not in logging.getLevelNamesMapping():
        raise ValueError(name)
    return name


def rate(text: str) -> float:
    """Return a positive rate per second. Raises ValueError."""
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError(text)
    return value


def whole_number(least: int = 1) -> Callable[[str], int]:
    """Return a parser for integers of at least `least`; it raises ValueError."""

    def read(text: str) -> int:
        value = int(text)
        if value < least:
            raise ValueError(text)
        return value

    read.__name__ = f"whole number from {least}"
    return read


def matching(pattern: str, description: str) -> Callable[[str], str]:
    """Return a reader of texts that match the regular expression. It raises ValueError."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    read.__name__ = description
    return read


def list_of_keys(text: str) -> list[str]:
    """Split comma-separated keys; no key contains a comma."""
    return [key.strip() for key in text.split(",") if key.strip()]


def list_of_origins(text: str) -> list[str]:
    """Split comma-separated origins as browsers send them. Raises ValueError.

    Refuses `*`, and http except on this machine.
    """
    origins = list_of_keys(text)
    for origin in origins:
        if not re.fullmatch(ORIGIN, origin):
            raise ValueError(origin)
    return origins


list_of_origins.__name__ = "list of origins such as https://app.example.com, without a path"


def list_of(allowed: Collection[str]) -> Callable[[str], list[str]]:
    """Return a parser for a comma-separated subset of `allowed`, or the word `none`; it raises ValueError."""

    def read(names: str) -> list[str]:
        listed = [] if names.strip() == "none" else [name.strip() for name in names.split(",")]
        if not set(listed) <= set(allowed):
            raise ValueError(names)
        return listed

    read.__name__ = f"list of some of: {', '.join(allowed)}"
    return read


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL", "")


def _is_here(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (parts.scheme, parts.hostname) == ("http", "127.0.0.1")


def is_database_url(url: str) -> bool:
    """Return True if the URL is well-formed and names a database."""
    try:
        parts = urlsplit(url)
        return _names_database(parts) and parts.port != 0
    except ValueError:
        return False


def _names_database(parts: SplitResult) -> bool:
    name = parts.path.strip("/")
    if parts.scheme == "sqlite":
        return bool(name) and not parts.netloc
    # An @ after the host is what an unescaped / ? or # in the password leaves behind.
    complete = bool(name and parts.hostname) and "@" not in parts.path + parts.query + parts.fragment
    return complete and parts.scheme in {"postgres", "postgresql"}
