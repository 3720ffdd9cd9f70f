"""Preferences for mails."""

from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import CHALLENGE, RETRY_AFTER, documented, problems
from foundation.api.examples import example
from foundation.api.serializers import FlagField, StrictSerializer
from foundation.api.throttles import ChangeThrottle
from foundation.api.views import PrivateEndpoint
from notifications.api.scopes import NOTIFICATIONS_READ, NOTIFICATIONS_WRITE
from notifications.preferences import set_reminders, wants_reminders


@example({"reminders": True})
class PreferencesSerializer(StrictSerializer):
    """The caller's preferences. Receipts are always sent."""

    reminders = FlagField(help_text="whether a mail comes before a subscription ends")


class Preferences(PrivateEndpoint):
    """The caller's preferences."""

    http_method_names = ["get", "head", "put"]
    throttle_classes = [ChangeThrottle]
    scopes = {"GET": NOTIFICATIONS_READ, "PUT": NOTIFICATIONS_WRITE}

    @documented(
        operation_id="notification_preferences_retrieve",
        parameters=[CHALLENGE],
        responses={200: PreferencesSerializer} | problems(401, 403),
    )
    def get(self, request: Request) -> Response:
        """Return your preferences."""
        return Response({"reminders": wants_reminders(self.user.pk)})

    @documented(
        operation_id="notification_preferences_update",
        parameters=[CHALLENGE, RETRY_AFTER],
        request=PreferencesSerializer,
        responses={200: PreferencesSerializer} | problems(400, 401, 403, 413, 415, 429),
    )
    def put(self, request: Request) -> Response:
        """Replace your preferences."""
        wished = PreferencesSerializer.accept(request.data)
        set_reminders(self.user.pk, wanted=wished["reminders"], now=clock.now())
        return Response(wished)
