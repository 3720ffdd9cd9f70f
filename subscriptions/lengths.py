"""Lengths of periods as people say them."""

from django.utils.translation import ngettext

from subscriptions.calendar_months import MONTHS_PER_YEAR


def length_text(days: int, months: int) -> str:
    """Return "30 days", "1 month" or "2 years" in the reader's language; with 0 months the days hold."""
    if not months:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    years, rest = divmod(months, MONTHS_PER_YEAR)
    if rest:
        return ngettext("%(count)s month", "%(count)s months", months) % {"count": months}
    return ngettext("%(count)s year", "%(count)s years", years) % {"count": years}
