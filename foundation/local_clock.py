"""Time travel on a laptop: how far the service's now is moved, for tests and demonstrations.

The setting LOCAL_CLOCK says where the seconds are read: in a file, which `manage.py timetravel` writes, or, for a
function in the sandbox, at an address of this machine that serves the same. Elsewhere it is empty, and this module is
not loaded.
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
"""A century, as the longest period of a plan: whatever is reckoned from there on can still be stored."""

TIMEOUT = 5  # seconds


class LocalClockError(Exception):
    """Base of what can go wrong with time travel."""


class NotLocal(LocalClockError, PermissionError):
    """Only the local stack's clock can be moved, and only from outside of the function."""

    def __init__(self) -> None:
        super().__init__("only the clock of the local stack can be moved: DJANGO_LOCAL=1 manage.py timetravel ...")


class TooFar(LocalClockError, ValueError):
    """A time that is further away than FARTHEST; the clock stays where it was."""

    def __init__(self) -> None:
        super().__init__(f"at most {FARTHEST.days} days from the true time, either way")


class LocalClockUnreadable(LocalClockError, RuntimeError):
    """LOCAL_CLOCK does not say how far the clock is moved."""


def offset() -> timedelta:
    """How far now is moved; zero where nobody has moved it. Raises LocalClockUnreadable."""
    try:
        return timedelta(seconds=float(_read() or 0))
    except (OSError, HTTPException, ValueError, OverflowError) as error:
        raise LocalClockUnreadable(f"{settings.LOCAL_CLOCK}: {error}; try manage.py timetravel --back") from error


def move_to(instant: datetime, now: datetime) -> None:
    """Let the local clock, which says `now`, go on from `instant`. Raises NotLocal, TooFar, or LocalClockUnreadable."""
    refuse_elsewhere()
    _write(offset() + (instant - now))


def move_on(length: timedelta) -> None:
    """Let now be so much later than it is. Raises NotLocal, TooFar, or LocalClockUnreadable."""
    refuse_elsewhere()
    _write(offset() + length)


def go_back() -> None:
    """Let now be the true time again. Raises NotLocal."""
    _own_file().unlink(missing_ok=True)


def refuse_elsewhere() -> None:
    """Raises NotLocal where this clock is not one that can be moved."""
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
    new.replace(file)  # whole or not at all, for those who read it just now


def _read() -> str:
    if settings.LOCAL_CLOCK.startswith("file:"):
        with suppress(FileNotFoundError):
            return _own_file().read_text(encoding="ascii")
        return ""
    with urlopen(settings.LOCAL_CLOCK, timeout=TIMEOUT) as answer:  # noqa: S310 - config.settings admits no other
        text: str = answer.read().decode("ascii")
        return text
