"""A notification as operators read it: whom it goes to, its subject, and its text."""

import json
from datetime import datetime

from django.utils.translation import gettext as _

from foundation.email_addresses import UndeliverableAddress, address_of
from notifications.coverage import Coverage
from notifications.models import REMINDER, Channel, Notification, State
from notifications.outbox import eligibility
from notifications.ses.rendering import Mail, render_mail, render_subject
from notifications.sns.cloud_events import event_type, previous_events, render_event

NOT_SENT = {State.SUPPRESSED, State.OBSOLETE, State.FAILED}
HIDDEN = "…"


def kind_of(notification: Notification) -> str:
    """Return what it tells of, in the operator's language."""
    return _("reminder") if notification.kind == REMINDER else notification.event.get_transition_display()


def recipient_of(notification: Notification) -> str:
    """Return the user's present address, or that an event goes to the topic."""
    if notification.channel == Channel.SNS:
        return _("the SNS topic")
    return address_of(notification.event.subscription.user) or "-"


def subject_of(notification: Notification) -> str:
    """Return a mail's subject, or an event's type. It asks the database for nothing that a list has not loaded."""
    return event_type(notification) if notification.channel == Channel.SNS else render_subject(notification)


def text_of(notification: Notification) -> str:
    """Return the whole message as text. What lets its reader act for the subscriber is left out."""
    if notification.channel == Channel.SNS:
        previous = previous_events([notification]).get(notification.event_id)
        return json.dumps(json.loads(render_event(notification, previous)), indent=4, ensure_ascii=False)
    try:
        return _as_text(render_mail(notification))
    except UndeliverableAddress as error:
        return _("There is no mail: %(why)s.") % {"why": error}


def note_on(notification: Notification, now: datetime) -> str:
    """Say how the text relates to what was sent: texts are not kept, but rendered anew."""
    if notification.channel == Channel.SNS:
        return _("An event is the same each time it is published.")
    if notification.state in NOT_SENT:
        return _("This mail was not sent. This is how it would read now.")
    if notification.finished_at or notification.state == State.UNKNOWN:
        return _("Mails are not kept: this one is rendered anew. Its address and words may have changed since.")
    coverage = Coverage.of([notification], now)
    if outcome := eligibility.withheld([notification], coverage).get(notification.pk):
        return _("As things are, it will not be sent: %(why)s.") % {"why": outcome.error}
    return _("This is how it would be sent now.")


def _as_text(mail: Mail) -> str:
    text = mail.text.replace(mail.unsubscribe_url, HIDDEN) if mail.unsubscribe_url else mail.text
    return f"To: {mail.recipient}\nSubject: {mail.subject}\n\n{text}"
