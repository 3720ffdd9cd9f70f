"""Transitions requested over HTTP."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from rest_framework.response import Response
from rest_framework.reverse import reverse

from foundation.api.problems import as_response
from foundation.api.throttles import ChangeThrottle
from foundation.api.views import PrivateEndpoint
from subscriptions.api.idempotency import REPLAYED, Answer, answer_once
from subscriptions.api.serializers import SubscriptionSerializer
from subscriptions.api.timestamps import with_timestamps
from subscriptions.checkout import PaymentDue
from subscriptions.errors import PaymentRequired
from subscriptions.models import Subscription


class KeyedEndpoint(PrivateEndpoint):
    """An endpoint whose POST does its work once for each Idempotency-Key."""

    throttle_classes = [ChangeThrottle]
    location_name = ""
    """Name of the URL of what a POST creates."""

    def once(self, work: Callable[[], Answer], now: datetime) -> Response:
        """Do the work in the transaction of the request's key, and answer what it returned, or did when it was done."""
        answer = answer_once(self.request, self.user, now, work)
        headers = {REPLAYED: "true"} if answer.is_replayed else {}
        if answer.status >= HTTPStatus.BAD_REQUEST:
            return as_response(answer.body, headers)
        if answer.status == HTTPStatus.CREATED:
            headers |= self._location(answer)
        return Response(answer.body, answer.status, headers=headers)

    def _location(self, answer: Answer) -> dict[str, str]:
        return {"Location": reverse(self.location_name, [answer.body["id"]], request=self.request)}


class ChangeEndpoint(KeyedEndpoint):
    """An endpoint whose POST makes a transition."""

    location_name = "api_subscription"

    def payment_required(self, due: PaymentDue) -> PaymentRequired:
        """Return the error that names the order, and our page on which it is paid."""
        return PaymentRequired(due.order_id, self.request.build_absolute_uri(due.path))

    def change(
        self, transition: Callable[[], Subscription], now: datetime, *, status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        """Make the transition, once for each Idempotency-Key, and answer with the subscription as it then is."""

        def work() -> Answer:
            made = with_timestamps(Subscription.objects.select_related("plan")).get(pk=transition().pk)
            return Answer(status, dict(SubscriptionSerializer(made, context={"now": now}).data))

        return self.once(work, now)
