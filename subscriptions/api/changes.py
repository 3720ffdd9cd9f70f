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
from subscriptions.models import Subscription


class ChangeEndpoint(PrivateEndpoint):
    """An endpoint whose POST makes a transition."""

    throttle_classes = [ChangeThrottle]

    def change(
        self, transition: Callable[[], Subscription], now: datetime, *, status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        """Make the transition, once for each Idempotency-Key, and answer with the subscription as it then is."""

        def work() -> Answer:
            made = with_timestamps(Subscription.objects.select_related("plan")).get(pk=transition().pk)
            return Answer(status, dict(SubscriptionSerializer(made, context={"now": now}).data))

        answer = answer_once(self.request, self.user, now, work)
        headers = {REPLAYED: "true"} if answer.is_replayed else {}
        if answer.status != status:
            return as_response(answer.body, headers)
        if status == HTTPStatus.CREATED:
            headers |= self._location(answer)
        return Response(answer.body, status, headers=headers)

    def _location(self, answer: Answer) -> dict[str, str]:
        return {"Location": reverse("api_subscription", [answer.body["id"]], request=self.request)}
