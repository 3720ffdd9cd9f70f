"""Context processor for the local clock, installed by the local stack only."""

from datetime import datetime

from django.http import HttpRequest

from foundation import clock


def travelled_time(request: HttpRequest) -> dict[str, datetime]:
    """Return the local clock's time if it differs from the true time."""
    return {"travelled_time": clock.now()} if clock.travelled() else {}
