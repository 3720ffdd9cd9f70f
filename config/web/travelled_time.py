"""What pages show while somebody travels in time; a context processor that only the local stack has."""

from datetime import datetime

from django.http import HttpRequest

from foundation import clock


def travelled_time(request: HttpRequest) -> dict[str, datetime]:
    """The local clock, where it is not at the true time."""
    return {"travelled_time": clock.now()} if clock.travelled() else {}
