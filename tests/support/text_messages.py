"""Third channel as a team would add it: text messages to a provider that keeps them in a list."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from notifications.aws.results import Result, ResultKind
from notifications.channels.delivery_channel import Composed, DeliveryChannel, Keys, Results
from notifications.models import PER_RECIPIENT, ChannelStatus, Notification


class SmsChannel(DeliveryChannel):
    name = "text_message"
    title = "Text messages"
    batch_size = 3
    ordering = PER_RECIPIENT
    maximum_resends = 1
    calls: ClassVar[list[list[str]]] = []
    kind: ClassVar[ResultKind] = ResultKind.ACCEPTED
    refreshed: ClassVar[int] = 0

    def compose(self, notifications: Sequence[Notification], now: datetime) -> Composed:
        texts = {row.pk: f"{row.cause.subscription.user}: {row.kind}" for row in notifications}

        def send(keys: Keys) -> Results:
            self.calls.append([texts[key] for key in keys])
            return {key: Result(self.kind, message_id=f"text-{key}") for key in keys}

        return Composed(texts, send)

    def highest_rate(self, status: ChannelStatus) -> float:
        return 1000.0

    def grace(self, resends: int) -> timedelta:
        return timedelta(minutes=1)

    def refresh(self) -> None:
        type(self).refreshed += 1

    def recipient_of(self, notification: Notification) -> str:
        return "+49 151 0000000"

    def subject_of(self, notification: Notification) -> str:
        return f"text of {notification.kind}"

    def text_of(self, notification: Notification) -> str:
        return f"Your subscription was {notification.kind}."

    def note_on(self, notification: Notification, now: datetime) -> str:
        return "Text messages are not kept."
