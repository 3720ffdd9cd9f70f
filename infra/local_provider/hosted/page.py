"""What a page answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True)
class Page:
    """Status, HTML and headers."""

    body: bytes = b""
    status: int = HTTPStatus.OK
    headers: Sequence[tuple[str, str]] = ()


def redirect(address: str) -> Page:
    """Return a redirect that is followed by GET."""
    return Page(status=HTTPStatus.SEE_OTHER, headers=[("Location", address)])
