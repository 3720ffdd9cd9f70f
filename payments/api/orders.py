"""Endpoints of orders: the list, one of them, and a new one. None calls a provider."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import CHALLENGE, RETRY_AFTER, documented, problems
from foundation.api.views import ListEndpoint, PrivateEndpoint
from payments.api.documentation import ORDER_EXAMPLES, ORDER_LOCATION, ORDER_PROBLEMS
from payments.api.filters import OrderFilters
from payments.api.permissions import ADD_ORDERS, VIEW_ORDERS, may_order
from payments.api.request_serializers import ORDER_REQUEST, accept_order
from payments.api.scopes import PAYMENTS_READ, PAYMENTS_WRITE
from payments.api.serializers import OrderSerializer
from payments.errors import NothingDue
from payments.models import Order
from payments.orders.opening import open_first, open_renewal
from subscriptions import checkout
from subscriptions.api.changes import KeyedEndpoint
from subscriptions.api.documentation import IDEMPOTENCY_KEY
from subscriptions.api.idempotency import Answer
from subscriptions.api.targets import TargetEndpoint, find_plan
from subscriptions.api.users import owned_by, user_named
from subscriptions.models import Plan
from subscriptions.terms import Terms

Opening = Callable[[], Order]


class OrderList(ListEndpoint, KeyedEndpoint, TargetEndpoint):
    """Orders of the caller."""

    location_name = "api_order"
    scopes = {"GET": PAYMENTS_READ, "POST": PAYMENTS_WRITE}

    @documented(
        operation_id="orders_list",
        parameters=[OrderFilters, CHALLENGE],
        responses={200: OrderSerializer(many=True)} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request) -> Response:
        """List your own orders, or with the permission to view them those of a `user`, or of `all`."""
        query = OrderFilters.accept(request.query_params.dict())
        user, external = query.get("user"), query.get("external_user_id")
        rows = owned_by(Order.objects.all(), self.user, user, external, permission=VIEW_ORDERS)
        if "subscription" in query:
            rows = rows.filter(subscription=query["subscription"])
        if "open" in query:
            rows = rows.filter(finished_at__isnull=query["open"] == "true")
        return self.answer(OrderSerializer(self.page_of(rows, query), many=True, context={"request": request}).data)

    @documented(
        operation_id="orders_create",
        parameters=[IDEMPOTENCY_KEY, CHALLENGE, RETRY_AFTER, ORDER_LOCATION],
        request=ORDER_REQUEST,
        examples=ORDER_EXAMPLES,
        responses={200: OrderSerializer, 201: OrderSerializer} | ORDER_PROBLEMS,
    )
    def post(self, request: Request) -> Response:
        """Order a first period of a `plan`, or another one of a `subscription`. It is paid on the page `pay_url`.

        While the same order is open it is returned again, with status 200. A service that may add orders does it for
        a `user`.
        """
        now = clock.now()
        wish = accept_order(request.data)
        opening = self._first(wish, now) if "plan" in wish else self._renewal(wish, now)
        return self.once(partial(self._opened, opening, now), now)

    def _opened(self, opening: Opening, now: datetime) -> Answer:
        order = opening()
        status = HTTPStatus.CREATED if order.opened_at == now else HTTPStatus.OK
        return Answer(status, dict(OrderSerializer(order, context={"request": self.request}).data))

    def _first(self, wish: dict[str, Any], now: datetime) -> Opening:
        user = user_named(self.user, wish.pop("user", None), wish.pop("external_user_id", None), ADD_ORDERS)
        plan = find_plan(wish.pop("plan"))
        _require_due(plan)
        return lambda: open_first(user, plan, now, Terms(**wish))

    def _renewal(self, wish: dict[str, Any], now: datetime) -> Opening:
        subscription = self.target(wish.pop("subscription"), may_order)
        _require_due(subscription.renewal_plan)
        return lambda: open_renewal(subscription, now, Terms(**wish))


class OrderDetail(PrivateEndpoint):
    """One order."""

    scopes = {"GET": PAYMENTS_READ}

    @documented(
        operation_id="orders_retrieve",
        parameters=[CHALLENGE],
        responses={200: OrderSerializer} | problems(401, 403, 404),
    )
    def get(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Return an order. Others' need the permission to view them."""
        order = Order.objects.filter(pk=id).first()
        if order is None or (order.user_id != self.user.pk and not self.user.has_perm(VIEW_ORDERS)):
            raise Http404
        return Response(OrderSerializer(order, context={"request": request}).data)


def _require_due(plan: Plan) -> None:
    """Raise NothingDue if subscribers get a period of the plan without an order."""
    if checkout.required(plan) is None:
        raise NothingDue(f"nothing is to be paid for plan {plan.pk}; subscribe or renew without an order")
