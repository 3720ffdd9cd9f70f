"""Page that turns reminders off by a link, without signing in (RFC 8058).

A mailbox provider POSTs to the link when somebody presses its own button, with no cookie and no token of ours. Scanners
and previews fetch links too, so a GET shows a page with a button, and changes nothing.
"""

from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from foundation import clock
from foundation.orm.key import Key
from foundation.throttling import counters
from notifications.errors import UnknownLink, UnknownUser
from notifications.preferences import set_reminders
from notifications.unsubscription import ONE_CLICK, user_of


@csrf_exempt  # the signed link is the proof; what comes from a mailbox provider has no cookie
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, turn reminders off on POST. No redirect follows, because RFC 8058 says that redirects work badly."""
    try:
        user_id = user_of(token)
        if request.method == "POST":
            return _turn_off(request, user_id, clock.now())
    except (UnknownLink, UnknownUser):
        return render(request, "notifications/pages/unknown_link.html", status=HTTPStatus.NOT_FOUND)
    return _ask(request)


def _turn_off(request: HttpRequest, user_id: Key, now: datetime) -> HttpResponse:
    if any(request.POST.get(name) != value for name, value in ONE_CLICK.items()):
        return _ask(request, status=HTTPStatus.BAD_REQUEST)
    # Per user alone: a mailbox provider unsubscribes thousands of users from a few addresses.
    counters.enforce({counters.bucket("user", str(user_id)): settings.CHANGES_PER_MINUTE_AND_USER}, now)
    set_reminders(user_id, wanted=False, now=now)
    return render(request, "notifications/pages/unsubscribed.html")


def _ask(request: HttpRequest, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return render(request, "notifications/pages/unsubscribe.html", {"one_click": ONE_CLICK}, status=status)
