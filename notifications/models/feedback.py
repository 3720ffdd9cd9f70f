"""SES feedback on mails, as received."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from notifications.models.notification import Notification


class EventType(models.TextChoices):
    """Event types by SES's own names. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html"""

    SEND = "Send"
    REJECT = "Reject"
    DELIVERY = "Delivery"
    DELIVERY_DELAY = "DeliveryDelay"
    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    RENDERING_FAILURE = "Rendering Failure"
    OPEN = "Open"
    CLICK = "Click"
    SUBSCRIPTION = "Subscription"


BAD_NEWS = (EventType.BOUNCE, EventType.COMPLAINT, EventType.REJECT)


class Feedback(models.Model):
    """One SES event per SNS message. Two `Send` events with different message ids: SES accepted the mail twice."""

    sns_message_id = models.CharField(
        _("message id of SNS"), max_length=100, help_text=_("the same however often SNS and SQS deliver it")
    )
    event_type = models.CharField(_("event"), max_length=20, choices=EventType)
    notification = models.ForeignKey(
        Notification,
        on_delete=models.CASCADE,
        null=True,
        related_name="feedback",
        verbose_name=_("notification"),
        help_text=_("empty where the mail names none that is here"),
    )
    message_id = models.CharField(_("message id"), max_length=100, help_text=_("as SES gave it to the mail"))
    occurred_at = models.DateTimeField(_("occurred at"), help_text=_("by SES's clock"))
    received_at = models.DateTimeField(_("received at"), db_default=Now())
    # Text, not JSON: PostgreSQL's would refuse a `\u0000`, and with it the whole batch.
    raw = models.TextField(_("event"), help_text=_("as it came, with addresses"))

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        permissions = [("view_raw_feedback", _("Can see SES's events with their addresses"))]
        constraints = [models.UniqueConstraint(fields=["sns_message_id"], name="feedback_once_per_sns_message")]
        indexes = [
            models.Index(fields=["received_at"], name="feedback_by_receipt"),
            # The few that operators look for, among all that tell of a delivery.
            models.Index(fields=["event_type", "id"], condition=Q(event_type__in=BAD_NEWS), name="feedback_bad_news"),
        ]

    def __str__(self) -> str:
        return f"feedback {self.pk}"
