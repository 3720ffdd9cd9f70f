"""Status of a channel: its pause and its rate. One row per channel."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from notifications import channel_registry


class PauseReason(models.TextChoices):
    """Reasons for which nothing can be sent on a channel."""

    QUOTA = "quota", _("the daily quota is used up")
    ACCOUNT = "account", _("AWS has stopped the account's sending")
    CREDENTIALS = "credentials", _("AWS does not accept the credentials, or what they may do")
    CONFIGURATION = "configuration", _("something at AWS is missing: topic, configuration set, key or verified domain")


class ChannelStatusQuerySet(models.QuerySet["ChannelStatus"]):
    """Conditions by the database's clock."""

    def registered(self) -> "ChannelStatusQuerySet":
        """Return the statuses of registered channels; others are left over from a channel that was removed."""
        return self.filter(pk__in=channel_registry.names())

    def paused(self) -> "ChannelStatusQuerySet":
        """Return the channels that are paused now."""
        return self.registered().filter(paused_until__gt=Now())

    def sending(self) -> "ChannelStatusQuerySet":
        """Return the channels that may send now, at least one message to test if a pause is over."""
        return self.registered().filter(Q(paused_until__isnull=True) | Q(paused_until__lte=Now()))

    def with_time(self) -> "ChannelStatusQuerySet":
        """Annotate `read_at`, the database's time."""
        return self.annotate(read_at=Now())  # type: ignore[no-redef] # the model declares it for those who read it


class ChannelStatus(models.Model):
    """Status of one channel, shared by all deliverers. Times are the database's; rates are messages per second."""

    channel = models.CharField(_("channel"), max_length=20, choices=channel_registry.choices, primary_key=True)
    paused_since = models.DateTimeField(
        _("paused since"), null=True, help_text=_("until a message is accepted, or an operator resumes")
    )
    paused_until = models.DateTimeField(_("next try"), null=True, help_text=_("with a single message"))
    pause_reason = models.CharField(_("reason"), max_length=20, choices=PauseReason, db_default="")
    pause_error = models.CharField(_("error"), max_length=200, db_default="", help_text=_("as AWS named it"))
    failed_tries = models.PositiveSmallIntegerField(_("tries that failed"), db_default=0)

    account_rate = models.FloatField(_("account's rate"), null=True, help_text=_("messages a second, as AWS allows"))
    account_asked_at = models.DateTimeField(_("asked at"), null=True)
    slowed_to = models.FloatField(_("slowed to"), null=True, help_text=_("messages a second, after AWS throttled"))
    slowed_at = models.DateTimeField(_("slowed at"), null=True)
    reserved_at = models.DateTimeField(_("reserved at"), null=True)
    reserved_until = models.DateTimeField(_("reserved until"), null=True)

    read_at: datetime
    """Time of the read, set by `with_time`."""

    objects = ChannelStatusQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        permissions = [("resume_channel", _("Can resume a paused channel"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(paused_since__isnull=True, paused_until__isnull=True, pause_reason="")
                | (Q(paused_since__isnull=False, paused_until__isnull=False) & ~Q(pause_reason="")),
                name="channel_paused_with_a_reason_or_not_at_all",
            )
        ]

    def __str__(self) -> str:
        return self.get_channel_display()

    @property
    def is_on_trial(self) -> bool:
        """True if the channel was paused and nothing has been accepted since."""
        return self.paused_since is not None


def ensure_statuses(**kwargs: Any) -> None:
    """Create the rows that are missing: after `migrate`, and after a test has emptied the database."""
    ChannelStatus.objects.bulk_create(
        [ChannelStatus(channel=name) for name in channel_registry.names()],
        ignore_conflicts=True,
    )
