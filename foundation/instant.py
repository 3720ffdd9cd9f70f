"""Parser for instants entered by operators."""

from datetime import UTC, datetime


class InvalidInstant(ValueError):
    """The text is not a date and time, or has no time zone."""


def parse_instant(text: str) -> datetime:
    """Return an instant like `2026-12-31T00:00Z` in UTC. Raises InvalidInstant."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInstant(f"{text!r} is not a date and time such as 2026-12-31T00:00Z") from error
    if instant.tzinfo is None:
        raise InvalidInstant(f"{text!r} has no time zone. For UTC, use {instant:%Y-%m-%dT%H:%M}Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInstant(f"{text!r} is out of range; use years 1 to 9999 in UTC") from error
