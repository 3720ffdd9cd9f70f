"""Endpoint that gives a payment back."""

from http import HTTPStatus
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import CHALLENGE, RETRY_AFTER, documented
from foundation.api.permissions import require_permission
from payments.api.documentation import REFUND_PROBLEMS
from payments.api.payments import PaymentEndpoint
from payments.api.permissions import REFUND
from payments.api.request_serializers import RefundPaymentSerializer
from payments.api.scopes import PAYMENTS_WRITE
from payments.api.serializers import RefundSerializer
from payments.refunds.requests import ends_by_default, refundable, request_refund
from subscriptions.api.changes import KeyedEndpoint
from subscriptions.api.documentation import IDEMPOTENCY_KEY
from subscriptions.api.idempotency import Answer


class RefundPayment(PaymentEndpoint, KeyedEndpoint):
    """Endpoint that gives a payment back."""

    scopes = {"POST": PAYMENTS_WRITE}

    @documented(
        operation_id="payments_refund",
        parameters=[IDEMPOTENCY_KEY, CHALLENGE, RETRY_AFTER],
        request=RefundPaymentSerializer,
        responses={202: RefundSerializer} | REFUND_PROBLEMS,
    )
    def post(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Give a payment back, or part of it. For operators and services that may add refunds.

        It is stored, and the provider asked within a minute: the payment shows its `state`. A transfer that staff
        recorded is recorded as returned at once.
        """
        now = clock.now()
        wish = RefundPaymentSerializer.accept(request.data)
        payment = self.payment(id)
        require_permission(self.user, REFUND)

        def work() -> Answer:
            amount = wish.get("amount", refundable(payment))
            ends_now = wish.get("end_now", ends_by_default(payment, amount, now))
            given: dict[str, Any] = {"ends_now": ends_now, "now": now, "actor": self.user}
            refund = request_refund(payment, amount, wish["reason"], **given)
            return Answer(HTTPStatus.ACCEPTED, dict(RefundSerializer(refund).data))

        return self.once(work, now)
