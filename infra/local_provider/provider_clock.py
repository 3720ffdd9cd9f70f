"""Clock of the provider, which tests move."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path


def system_time() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


def time_moved_by(file: Path) -> Callable[[], datetime]:
    """Return a source of time that is ahead by the seconds in the file, which is read each time and may be missing."""

    def moved() -> datetime:
        offset = ""
        with suppress(FileNotFoundError):
            offset = file.read_text(encoding="ascii")
        return system_time() + timedelta(seconds=float(offset or 0))

    return moved


class ProviderClock:
    """A source of time and an offset. Stripe counts in whole seconds since 1970."""

    def __init__(self, source: Callable[[], datetime] = system_time) -> None:
        self._source = source
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the provider's present instant, in UTC."""
        return self._source() + self._offset

    def timestamp(self) -> int:
        """Return the present instant in seconds."""
        return int(self.now().timestamp())

    def advance(self, by: timedelta) -> None:
        """Move the clock forward, or back."""
        self._offset += by
