"""Endpoints of payments: the list, and one of them with its refunds."""

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.api.documentation import CHALLENGE, documented, problems
from foundation.api.views import ListEndpoint, PrivateEndpoint
from payments.api.filters import PaymentFilters
from payments.api.permissions import VIEW_PAYMENTS, may_see_payment
from payments.api.scopes import PAYMENTS_READ
from payments.api.serializers import PaymentDetailSerializer, PaymentSerializer
from payments.models import Payment
from payments.refunds.requests import refundable
from subscriptions.api.users import owned_by

LOOKUPS = ("subscription", "order")


class PaymentList(ListEndpoint, PrivateEndpoint):
    """Payments of the caller."""

    scopes = {"GET": PAYMENTS_READ}

    @documented(
        operation_id="payments_list",
        parameters=[PaymentFilters, CHALLENGE],
        responses={200: PaymentSerializer(many=True)} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request) -> Response:
        """List your own payments, or with the permission to view them those of a `user`, or of `all`."""
        query = PaymentFilters.accept(request.query_params.dict())
        user, external = query.get("user"), query.get("external_user_id")
        rows = owned_by(
            Payment.objects.select_related("order"),
            self.user,
            user,
            external,
            permission=VIEW_PAYMENTS,
            path="order__user",
        )
        rows = rows.filter(**{name: query[name] for name in LOOKUPS if name in query})
        if "surplus" in query:
            rows = rows.filter(surplus=True)
        return self.answer(PaymentSerializer(self.page_of(rows, query), many=True).data)


class PaymentEndpoint(PrivateEndpoint):
    """An endpoint of the payment that its path names."""

    def payment(self, key: int) -> Payment:
        """Return the payment. Raises Http404 if there is none, or none that the caller may see."""
        payment = Payment.objects.select_related("order", "subscription").filter(pk=key).first()
        owner = payment.order.user_id if payment and payment.order else None
        if payment is None or not may_see_payment(self.user, owner):
            raise Http404
        return payment


class PaymentDetail(PaymentEndpoint):
    """One payment."""

    scopes = {"GET": PAYMENTS_READ}

    @documented(
        operation_id="payments_retrieve",
        parameters=[CHALLENGE],
        responses={200: PaymentDetailSerializer} | problems(401, 403, 404),
    )
    def get(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Return a payment with its refunds. Others' need the permission to view them."""
        payment = self.payment(id)
        return Response(PaymentDetailSerializer(payment, context={"refundable": refundable(payment)}).data)
