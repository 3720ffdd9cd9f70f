"""Errors of this package. Those that answer a request have Stripe's shape."""

from http import HTTPStatus
from typing import Any

INVALID_REQUEST = "invalid_request_error"
CARD_ERROR = "card_error"


class LocalProviderError(Exception):
    """Base of this package's errors."""


class ChargedTwice(LocalProviderError):
    """A PaymentIntent would succeed a second time. This is an error of the local provider."""


class InvalidControl(LocalProviderError, ValueError):
    """A control request has an unknown name or value."""


class Refused(LocalProviderError):
    """A request that is refused: https://docs.stripe.com/api/errors. What it changed is undone."""

    keeps_effect = False

    def __init__(
        self,
        message: str,
        *,
        status: int = HTTPStatus.BAD_REQUEST,
        kind: str = INVALID_REQUEST,
        code: str = "",
        param: str = "",
        **members: Any,
    ) -> None:
        super().__init__(message)
        self.status = int(status)
        named = {"code": code, "doc_url": code and f"https://stripe.com/docs/error-codes/{code}", "param": param}
        self.error: dict[str, Any] = {"message": message, "type": kind}
        self.error |= {name: value for name, value in (named | members).items() if value}


class CardDeclined(Refused):
    """A declined charge. The declined charge and the intent's new state stay."""

    keeps_effect = True

    def __init__(self, message: str, *, code: str, decline_code: str, **members: Any) -> None:
        super().__init__(
            message,
            status=HTTPStatus.PAYMENT_REQUIRED,
            kind=CARD_ERROR,
            code=code,
            decline_code=decline_code,
            **members,
        )


class IntentCancelled(Refused):
    """A confirmation beyond the limit. The intent stays cancelled."""

    keeps_effect = True


def missing(noun: str, identifier: str, param: str = "id") -> Refused:
    """Return the answer for an object that does not exist. The noun is Stripe's, such as payment_intent."""
    message = f"No such {noun}: '{identifier}'"
    status = HTTPStatus.NOT_FOUND if param == "id" else HTTPStatus.BAD_REQUEST
    return Refused(message, status=status, code="resource_missing", param=param)
