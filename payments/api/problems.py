"""Problems (RFC 9457) of this app's errors."""

from http import HTTPStatus
from typing import Any

from foundation.api import problems
from payments.errors import NothingDue, NotRefundable, PaymentError

TYPES: dict[type[PaymentError], str] = {NothingDue: "nothing-due", NotRefundable: "not-refundable"}


def problem_of(error: PaymentError) -> dict[str, Any]:
    """Return the problem of an error in TYPES."""
    return problems.problem(HTTPStatus.CONFLICT, str(error), type=urn(type(error)))


def urn(error: type[PaymentError]) -> str:
    """Return the problem type of an error."""
    return problems.problem_type(TYPES[error])


PROBLEMS = (problems.ProblemSource(tuple(TYPES), problem_of),)
