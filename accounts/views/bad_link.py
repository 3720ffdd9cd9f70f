"""Pages of links that do not work, each of which says what to do."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.links import BadLink, ExpiredLink, UsedLink

STATUSES: dict[type[BadLink], HTTPStatus] = {ExpiredLink: HTTPStatus.GONE, UsedLink: HTTPStatus.GONE}
"""Others are unknown links: 404."""


def bad_link(request: HttpRequest, error: BadLink, again: str, own_account: str = "") -> HttpResponse:
    """Render the page of the error.

    `again` is the page on which a new link can be asked for, `own_account` a link that opens an account all the same.
    """
    context = {"reason": type(error).__name__, "again": again, "own_account": own_account}
    status = STATUSES.get(type(error), HTTPStatus.NOT_FOUND)
    return render(request, "account/bad_link.html", context, status=status)
