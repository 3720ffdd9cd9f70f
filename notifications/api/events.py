"""API of the events of all subscriptions, to fill gaps in what SNS delivered."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from foundation.api.documentation import CHALLENGE, documented, problem, problems
from foundation.api.examples import example
from foundation.api.pagination import MAXIMUM_PAGE_SIZE, PAGE_SIZE
from foundation.api.permissions import require_permission
from foundation.api.serializers import StrictSerializer
from foundation.api.views import PrivateEndpoint
from foundation.orm.committed_keys import PATIENCE, StillBeingWritten, complete_until
from notifications.api.scopes import EVENTS_READ
from notifications.sns.cloud_events import cloud_event, previous_events
from subscriptions.models import SubscriptionEvent

PERMISSION = "subscriptions.view_subscriptionevent"
EXAMPLE = {
    "specversion": "1.0",
    "id": "1042",
    "source": "https://subscriptions.example.com",
    "type": "subscription.renewed.v1",
    "subject": "subscriptions/17",
    "time": "2026-11-23T03:00:00.123456+00:00",
    "previousid": "977",
    "datacontenttype": "application/json",
    "data": {
        "subscription_id": 17,
        "user_id": 5,
        "plan": {"id": 2, "name": "Monthly"},
        "price": "9.90",
        "currency": "EUR",
        "old_end_date": "2026-11-25T10:00:00+00:00",
        "new_end_date": "2026-12-25T10:00:00+00:00",
        "external_id": "",
        "metadata": {},
    },
}


class EventsUnsettled(APIException):
    """A transaction that records events stays open. Nothing is told, so that nothing can be missed."""

    status_code = 503
    default_detail = "Events are being recorded at the moment. Try again."
    wait = PATIENCE.total_seconds()


class EventParameters(StrictSerializer):
    """Query parameters of the events."""

    after = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=2**63 - 1, help_text="`id` of the last event that you have"
    )
    page_size = serializers.IntegerField(required=False, default=PAGE_SIZE, min_value=1, max_value=MAXIMUM_PAGE_SIZE)


@extend_schema_field(
    {
        "type": "object",
        "description": "A CloudEvent, as docs/schemas describes it.",
        "required": ["id"],
        "properties": {"id": {"type": "string"}},
        "additionalProperties": True,
    }
)
class CloudEventField(serializers.Field[Any, Any, Any, Any]):
    """A CloudEvent."""


@example({"next": "https://subscriptions.example.com/api/v1/events?after=1042", "results": [EXAMPLE]})
class EventPageSerializer(serializers.Serializer[Any]):
    """Events in the order of their ids. `next` is always there: call it later for what has happened since."""

    next = serializers.URLField()
    results = serializers.ListField(child=CloudEventField())


class EventList(PrivateEndpoint):
    """The events of all subscriptions."""

    scopes = {"GET": EVENTS_READ}

    @documented(
        operation_id="events_list",
        parameters=[EventParameters, CHALLENGE],
        responses={200: EventPageSerializer}
        | problems(400, 401, 403)
        | problem(503, "A transaction that records events stays open; `Retry-After` says how many seconds to wait."),
    )
    def get(self, request: Request) -> Response:
        """List the events after the one that you name, as they are published, oldest first."""
        query = EventParameters.accept(request.query_params.dict())
        require_permission(self.user, PERMISSION)
        events = list(_events_after(query["after"])[: query["page_size"]])
        previous = previous_events(event.pk for event in events)
        last = events[-1].pk if events else query["after"]
        following = f"{reverse('api_events', request=request)}?after={last}&page_size={query['page_size']}"
        return Response({"next": following, "results": [cloud_event(one, previous.get(one.pk)) for one in events]})


def _events_after(last: int) -> QuerySet[SubscriptionEvent]:
    try:
        horizon = complete_until(SubscriptionEvent)
    except StillBeingWritten as error:
        raise EventsUnsettled from error
    events = SubscriptionEvent.objects.filter(pk__gt=last, pk__lte=horizon)
    return events.select_related("subscription", "plan", "old_plan").order_by("pk")
