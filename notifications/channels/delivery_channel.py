"""Base of a channel: all that the outbox, the admin and the dashboard know of it.

To add a channel, write one module with a subclass and register it in `notifications.channel_registry`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from notifications.aws.results import Result
from notifications.models import ChannelStatus, Notification, Ordering

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Keys = Sequence[int]
Results = dict[int, Result]
"""Results of notifications, by primary key."""


@dataclass(frozen=True)
class Composed:
    """The messages of a claim."""

    keys: Collection[int]
    """Primary keys of the notifications to send."""
    send: Callable[[Keys], Results]
    """One call for at most `batch_size` of them; runs in a thread, uses no database, raises nothing."""
    withheld: Results = field(default_factory=dict)
    """Results of the notifications that are not sent."""


class DeliveryChannel(ABC):
    """A way to deliver notifications. Times are the database's, rates are messages per second."""

    name: ClassVar[str]
    title: "ClassVar[StrOrPromise]"
    """Heading of the chart of its deliveries."""
    batch_size: ClassVar[int] = 1
    """Messages per call."""
    related: ClassVar[tuple[str, ...]] = ("event__subscription__user", "event__subscription__plan", "event__plan")
    """Relations of Notification that a message is made from."""
    related_to_payments: ClassVar[tuple[str, ...]] = ()
    """Relations that a message of a payment event is made from. Empty: the channel tells of no payments."""
    ordering: ClassVar[Ordering]
    """Unfinished notifications that a notification waits for."""
    maximum_resends: ClassVar[int]
    """Times that an unconfirmed notification is sent again."""
    has_account_mails: ClassVar[bool] = False
    """True if mails for which somebody waits are claimed before all others."""
    is_paced: ClassVar[bool] = True
    """False if the rate only matters after the provider has throttled."""
    can_replay: ClassVar[bool] = False
    """True if recipients recognise a repeated message, so that a finished one may be published once more."""

    @abstractmethod
    def compose(self, notifications: Sequence[Notification], now: datetime) -> Composed:
        """Render the messages of a claim at `now`, with a fixed number of queries for all of them."""

    @abstractmethod
    def highest_rate(self, status: ChannelStatus) -> float:
        """Return the rate that the provider allows, as far as is known."""

    @abstractmethod
    def grace(self, resends: int) -> timedelta:
        """Return how long to wait for a confirmation, after so many earlier resends."""

    def gives_up(self, notification: Notification) -> bool:
        """Return True if the notification, which nobody confirmed in time, is not sent again."""
        return notification.resends >= self.maximum_resends

    def refresh(self) -> None:  # noqa: B027 - most providers have nothing to ask
        """Update what is known of the provider, before each delivery. Does nothing by default."""

    def published(self, notification: Notification) -> str:
        """Return the message as it is published, if it holds nothing personal; else an empty text."""
        return ""

    @abstractmethod
    def recipient_of(self, notification: Notification) -> str:
        """Return the recipient for the admin."""

    @abstractmethod
    def subject_of(self, notification: Notification) -> str:
        """Return a line for the admin's list, with no query beyond those that loaded the list."""

    @abstractmethod
    def text_of(self, notification: Notification) -> str:
        """Return the whole message for the admin, without anything that lets its reader act for the subscriber."""

    @abstractmethod
    def note_on(self, notification: Notification, now: datetime) -> str:
        """Return a sentence on how that text relates to what was sent."""
