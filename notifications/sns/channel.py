"""The channel of events for other systems."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.channels import retry
from notifications.channels.delivery_channel import Composed, DeliveryChannel, Keys, Results
from notifications.models import PER_SUBSCRIPTION, ChannelStatus, Notification
from notifications.sns.messages import topic_messages, type_of

RATE = 3000.0
"""Messages per second of a FIFO topic, which is at least a standard topic's in the larger regions.

https://docs.aws.amazon.com/general/latest/gr/sns.html
"""


class SnsChannel(DeliveryChannel):
    """Events to the SNS topic, ten per call, held back only after SNS has throttled."""

    name = "sns"
    title = gettext_lazy("Events (SNS)")
    batch_size = 10
    """Entries per call; 256 KiB in all, of which ours take about 6.

    https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
    """
    related = ("event__subscription", "event__plan", "event__old_plan")
    related_to_payments = ("payment_event__order__plan", "payment_event__payment")
    ordering = PER_SUBSCRIPTION
    maximum_resends = retry.MAXIMUM_ATTEMPTS
    is_paced = False
    can_replay = True

    def compose(self, notifications: Sequence[Notification], now: datetime) -> Composed:
        from notifications.sns import publisher  # noqa: PLC0415 - botocore, which the admin's pages need not load

        entries = publisher.compose(notifications)

        def publish(keys: Keys) -> Results:
            return publisher.publish([entries[key] for key in keys])

        return Composed(entries, publish)

    def highest_rate(self, status: ChannelStatus) -> float:
        return RATE

    def grace(self, resends: int) -> timedelta:
        """Return the delay of a retry, because SNS confirms nothing and recipients tell a repeated event by its id."""
        return retry.delay(resends + 1, 1)

    def recipient_of(self, notification: Notification) -> str:
        return _("the SNS topic")

    def subject_of(self, notification: Notification) -> str:
        return type_of(notification)

    def published(self, notification: Notification) -> str:
        return topic_messages([notification])[notification.pk].text

    def text_of(self, notification: Notification) -> str:
        return json.dumps(json.loads(self.published(notification)), indent=4, ensure_ascii=False)

    def note_on(self, notification: Notification, now: datetime) -> str:
        return _("An event is the same each time it is published.")
