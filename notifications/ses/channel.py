"""The e-mail channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation import clock
from foundation.email_addresses import UndeliverableAddress
from foundation.mail import HIDDEN_LINK, ObsoleteMail, UnknownMailKind
from notifications.aws.results import Result, ResultKind
from notifications.channels.delivery_channel import Composed, DeliveryChannel, Keys, Results
from notifications.coverage import Coverage
from notifications.errors import RenderingFailed
from notifications.models import MESSAGE, PER_RECIPIENT, ChannelStatus, Notification, State
from notifications.ses import direct_mails, eligibility
from notifications.ses.mail import Mail
from notifications.ses.rendering import render_mail, render_subject

NOT_SENT = {State.SUPPRESSED, State.OBSOLETE, State.FAILED}
REASONS: dict[type[Exception], ResultKind] = {
    UndeliverableAddress: ResultKind.UNDELIVERABLE,
    ObsoleteMail: ResultKind.OBSOLETE,
    UnknownMailKind: ResultKind.REFUSED,
    RenderingFailed: ResultKind.UNSENT,
}
"""Results of mails for which there is nothing to send."""


class SesChannel(DeliveryChannel):
    """Mails to subscribers by SES, one per call, at the rate of the account."""

    name = "ses"
    title = gettext_lazy("E-mails (SES)")
    related = (
        *DeliveryChannel.related,
        "event__subscription__user__profile",
        "event__subscription__renewal__method",
        "event__subscription__next_plan",
        "event__old_plan",
        "event__payment__order",
    )
    ordering = PER_RECIPIENT
    has_account_mails = True
    maximum_resends = 4
    """With the growth of the grace time, within half a day."""

    def compose(self, notifications: Sequence[Notification], now: datetime) -> Composed:
        from notifications.ses import mailer  # noqa: PLC0415 - botocore, which the admin's pages need not load

        coverage = Coverage.of(notifications, now)
        withheld = eligibility.withheld(notifications, coverage)
        messages: dict[int, mailer.Message] = {}
        for notification in notifications:
            if notification.pk in withheld:
                continue
            try:
                messages[notification.pk] = mailer.compose(notification, coverage)
            except tuple(REASONS) as error:
                withheld[notification.pk] = Result(REASONS[type(error)], error=str(error))

        def send(keys: Keys) -> Results:
            return {key: mailer.send(messages[key]) for key in keys}

        return Composed(messages, send, withheld)

    def highest_rate(self, status: ChannelStatus) -> float:
        return status.account_rate or float(settings.SES_SEND_RATE)

    def grace(self, resends: int) -> timedelta:
        """Return the time in which SES's `Send` event comes, doubled per resend."""
        grace: timedelta = settings.CONFIRMATION_GRACE * 2**resends
        return grace

    def gives_up(self, notification: Notification) -> bool:
        return notification.kind in settings.UNCONFIRMED_MAILS_GIVEN_UP or super().gives_up(notification)

    def refresh(self) -> None:
        from notifications.ses import account  # noqa: PLC0415 - as above

        account.refresh()

    def recipient_of(self, notification: Notification) -> str:
        """Return the mail's own address, or the user's current one."""
        return notification.recipient or "-"

    def subject_of(self, notification: Notification) -> str:
        return direct_mails.subject_of(notification) if notification.event is None else render_subject(notification)

    def text_of(self, notification: Notification) -> str:
        try:
            return _as_text(_preview(notification))
        except tuple(REASONS) as error:
            return _("There is no mail: %(why)s.") % {"why": error}

    def note_on(self, notification: Notification, now: datetime) -> str:
        """Return how the text relates to the mail that was sent: only `send_mail`'s are kept."""
        if notification.kind == MESSAGE:
            return _("The mail as it was recorded. Its links are masked, because they may act for the recipient.")
        if notification.state in NOT_SENT:
            return _("This mail was not sent. This is how it would read now.")
        if notification.finished_at or notification.state == State.UNKNOWN:
            return _("Mails are not kept: this one is rendered anew. Its address and words may have changed since.")
        coverage = Coverage.of([notification], now)
        if result := eligibility.withheld([notification], coverage).get(notification.pk):
            return _("As things are, it will not be sent: %(why)s.") % {"why": result.error}
        return _("This is how it would be sent now.")


def _preview(notification: Notification) -> Mail:
    if notification.event is None:
        return direct_mails.masked(notification, clock.now())
    return render_mail(notification)


def _as_text(mail: Mail) -> str:
    body = mail.text or mail.html
    text = body.replace(mail.unsubscribe_url, HIDDEN_LINK) if mail.unsubscribe_url else body
    return f"To: {mail.recipient}\nSubject: {mail.subject}\n\n{text}"
