"""Address of a provider's messages.

The raw body is verified before anything is read from it or from the database. Answers are 200 once the message is
stored, whatever becomes of its facts; 400 if it is refused. Anything else makes the provider send it again.
"""

import logging
from http import HTTPStatus

from django.db import DataError, Error
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.cache import never_cache

from foundation import clock
from payments.errors import Forged
from payments.providers.interface import Message, Provider
from payments.providers.registry import current
from payments.webhooks import inbox

logger = logging.getLogger(__name__)

MAXIMUM_BYTES = 262_144
"""Largest body. Stripe's events have some kilobytes; DATA_UPLOAD_MAX_MEMORY_SIZE is for forms."""


@never_cache
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """Verify and store a message of the provider in use, and apply its facts."""
    taker = current()
    if taker is None or taker.name != provider:
        return _answer(HTTPStatus.NOT_FOUND, "no such webhook")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        message = _verified(taker, request)
    except Forged as error:
        logger.warning("webhook message refused", extra={"provider": provider, "reason": str(error)})
        return _answer(HTTPStatus.BAD_REQUEST, "refused")
    try:
        stored = inbox.store(provider, message, clock.now())
    except DataError as error:  # sent again, it would have no place either
        logger.warning("webhook message refused", extra={"provider": provider, "reason": type(error).__name__})
        return _answer(HTTPStatus.BAD_REQUEST, "refused")
    except Error:
        logger.exception("webhook message not stored", extra={"provider": provider})
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "send it again")
    inbox.process(taker, stored, clock.now())
    return _answer(HTTPStatus.OK, "stored")


def _verified(taker: Provider, request: HttpRequest) -> Message:
    body = request.read(MAXIMUM_BYTES + 1)
    if len(body) > MAXIMUM_BYTES:
        raise Forged(f"the body has more than {MAXIMUM_BYTES} bytes")
    # By the true time: the local stack moves its own clock, and a provider does not follow.
    message = taker.message(request.headers, body, clock.now() - clock.travelled())
    inbox.refuse_unstorable(message)
    return message


def _answer(status: HTTPStatus, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")
