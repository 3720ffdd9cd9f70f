"""An instant as an operator writes it."""

from datetime import UTC, datetime


class InvalidInstant(ValueError):
    """Not a date and time, or one without a time zone."""


def parse_instant(text: str) -> datetime:
    """`2026-12-31T00:00Z` and the like, in UTC. Raises InvalidInstant."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInstant(f"{text!r} is not a date and time such as 2026-12-31T00:00Z") from error
    if instant.tzinfo is None:
        raise InvalidInstant(f"{text!r} has no time zone; write {instant:%Y-%m-%dT%H:%M}Z for UTC")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInstant(f"{text!r} is out of range in UTC, which has the years 1 to 9999") from error
