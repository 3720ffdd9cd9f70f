"""API of the mails that were sent to a user."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.api.documentation import CHALLENGE, documented, problems
from foundation.api.examples import example
from foundation.api.pagination import PageParameters
from foundation.api.views import ListEndpoint, PrivateEndpoint
from notifications.api.scopes import NOTIFICATIONS_READ
from notifications.models import Channel, Notification


@example(
    {
        "id": 1001,
        "kind": "created",
        "subscription": 42,
        "state": "delivered",
        "created_at": "2026-12-01T09:30:00Z",
        "finished_at": "2026-12-01T09:31:02Z",
    }
)
class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """A mail, without the details of its delivery."""

    kind = serializers.CharField(read_only=True, help_text="the transition that it tells of, or `reminder`")
    subscription = serializers.IntegerField(
        source="event.subscription_id", read_only=True, help_text="the subscription's id"
    )

    class Meta:
        model = Notification
        fields = ["id", "kind", "subscription", "state", "created_at", "finished_at"]
        read_only_fields = fields


class NotificationList(ListEndpoint, PrivateEndpoint):
    """List the caller's mails."""

    scopes = {"GET": NOTIFICATIONS_READ}

    @documented(
        operation_id="notifications_list",
        parameters=[PageParameters, CHALLENGE],
        responses={200: NotificationSerializer(many=True)} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request) -> Response:
        """List the mails that were or will be sent to you, newest first."""
        query = PageParameters.accept(request.query_params.dict())
        own = Notification.objects.filter(channel=Channel.SES, event__subscription__user=self.user.pk)
        page = self.page_of(own.select_related("event"), query)
        return self.answer(NotificationSerializer(page, many=True).data)
