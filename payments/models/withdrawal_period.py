"""Time within which a contract can be withdrawn from."""

from datetime import UTC, date, datetime, time, timedelta

DAY = timedelta(days=1)
SATURDAY = 5


def withdrawal_end(begun_at: datetime, days: int) -> datetime:
    """Return the first instant at which the days are over, wherever the subscriber is.

    The day of the event does not count, and the last day ends with its last hour, or with that of the next working day
    if it is a Saturday or Sunday: https://eur-lex.europa.eu/eli/reg/1971/1182/oj, article 3. Nobody knows the
    subscriber's time zone, in which it may be a day more. Public holidays differ by country and are not known here.
    """
    last = _working_day(begun_at.astimezone(UTC).date() + days * DAY)
    in_every_zone = _working_day(last + DAY)
    return datetime.combine(in_every_zone + DAY, time.min, UTC)


def _working_day(day: date) -> date:
    """Return the day, or the Monday after it if it is a Saturday or Sunday."""
    while day.weekday() >= SATURDAY:
        day += DAY
    return day
