"""Card of the example on the operators' dashboard."""

from examples.product.models import Report
from foundation.dashboard.cards import Card, CardSource, Period, Tile


def reports_card(period: Period) -> Card:
    """Return the numbers of reports written in the period, and of those that wait for their mail."""
    written = Report.objects.filter(created_at__gte=period.since).count()
    waiting = Report.objects.unmailed().count()
    return Card("Reports", tiles=[Tile("Reports written", str(written)), Tile("Reports to mail", str(waiting))])


CARDS = (CardSource(reports_card),)
