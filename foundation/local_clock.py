"""Offset of the local clock, for tests and demonstrations.

The setting LOCAL_CLOCK names the source of the offset in seconds: a file, which `manage.py timetravel` writes, or, for
a function in the sandbox, a URL on this machine that serves the same. Elsewhere it is empty, and this module is not
loaded.
"""

import os
from contextlib import suppress
from datetime import datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

from django.conf import settings

FARTHEST = timedelta(days=36_525)
"""One century, the longest period of a plan: dates computed from there can still be stored."""

TIMEOUT = 5  # seconds


class LocalClockError(Exception):
    """Base class of local clock errors."""


class NotLocal(LocalClockError, PermissionError):
    """Only the local stack's clock can be moved, and only from outside the function."""

    def __init__(self) -> None:
        super().__init__("only the local stack's clock can be moved: DJANGO_LOCAL=1 manage.py timetravel ...")


class TooFar(LocalClockError, ValueError):
    """The time is more than FARTHEST away. The clock was not moved."""

    def __init__(self) -> None:
        super().__init__(f"the local clock can be moved by at most {FARTHEST.days} days in either direction")


class LocalClockUnreadable(LocalClockError, RuntimeError):
    """LOCAL_CLOCK contains no valid offset."""


def offset() -> timedelta:
    """Return the offset of the local clock, zero by default. Raises LocalClockUnreadable."""
    try:
        return timedelta(seconds=float(_read() or 0))
    except (OSError, HTTPException, ValueError, OverflowError) as error:
        raise LocalClockUnreadable(f"{settings.LOCAL_CLOCK}: {error}; try manage.py timetravel --back") from error


def move_to(instant: datetime, now: datetime) -> None:
    """Move the local clock, which shows `now`, to `instant`. Raises NotLocal, TooFar, or LocalClockUnreadable."""
    refuse_elsewhere()
    _write(offset() + (instant - now))


def move_on(length: timedelta) -> None:
    """Move the local clock forward by `length`. Raises NotLocal, TooFar, or LocalClockUnreadable."""
    refuse_elsewhere()
    _write(offset() + length)


def go_back() -> None:
    """Reset the local clock to the true time. Raises NotLocal."""
    _own_file().unlink(missing_ok=True)


def refuse_elsewhere() -> None:
    """Raise NotLocal if this clock cannot be moved."""
    if not settings.LOCAL_CLOCK.startswith("file:"):
        raise NotLocal


def _own_file() -> Path:
    refuse_elsewhere()
    return Path(unquote(urlsplit(settings.LOCAL_CLOCK).path))


def _write(moved: timedelta) -> None:
    file = _own_file()
    if abs(moved) > FARTHEST:
        raise TooFar
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.write_text(str(moved.total_seconds()), encoding="ascii")
    new.replace(file)  # atomic for concurrent readers


def _read() -> str:
    if settings.LOCAL_CLOCK.startswith("file:"):
        with suppress(FileNotFoundError):
            return _own_file().read_text(encoding="ascii")
        return ""
    with urlopen(settings.LOCAL_CLOCK, timeout=TIMEOUT) as answer:  # noqa: S310 - config.settings allows no other
        text: str = answer.read().decode("ascii")
        return text
