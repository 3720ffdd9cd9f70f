"""What somebody wants to be told."""

from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import CHALLENGE, RETRY_AFTER, documented, problems
from foundation.api.examples import example
from foundation.api.serializers import FlagField, StrictSerializer
from foundation.api.throttles import ChangeThrottle
from foundation.api.views import PrivateEndpoint
from notifications.preferences import set_reminders, wants_reminders


@example({"reminders": True})
class PreferencesSerializer(StrictSerializer):
    """The caller's wishes. Receipts are sent whatever they are."""

    reminders = FlagField(help_text="whether a mail comes before a subscription ends")


class Preferences(PrivateEndpoint):
    """The caller's own."""

    http_method_names = ["get", "head", "put"]
    throttle_classes = [ChangeThrottle]

    @documented(
        operation_id="notification_preferences_retrieve",
        parameters=[CHALLENGE],
        responses={200: PreferencesSerializer} | problems(401),
    )
    def get(self, request: Request) -> Response:
        """Your wishes."""
        return Response({"reminders": wants_reminders(self.user.pk)})

    @documented(
        operation_id="notification_preferences_update",
        parameters=[CHALLENGE, RETRY_AFTER],
        request=PreferencesSerializer,
        responses={200: PreferencesSerializer} | problems(400, 401, 403, 413, 415, 429),
    )
    def put(self, request: Request) -> Response:
        """Put these wishes in the place of the ones before."""
        wished = PreferencesSerializer.accept(request.data)
        set_reminders(self.user.pk, wanted=wished["reminders"], now=clock.now())
        return Response(wished)
