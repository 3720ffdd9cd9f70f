"""Rendering of mails."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from accounts.preferences import preferences_of
from foundation import clock
from foundation.email_addresses import deliverable
from foundation.web.brand import footer_links_below, site_name
from notifications import unsubscription
from notifications.coverage import Coverage
from notifications.models import REMINDER, Notification
from notifications.ses.mail import Mail
from payments.models.payment import WITHDRAWAL
from payments.models.present_provider import provider_name


def render_mail(notification: Notification, coverage: Coverage | None = None) -> Mail:
    """Render the mail of an event from the event's own figures, in words that are true at the coverage's time.

    Without `coverage` it is read for this mail alone, as of now. Raises UndeliverableAddress.
    """
    coverage = coverage or Coverage.of([notification], clock.now())
    event = notification.cause
    recipient = deliverable(notification.recipient)
    folder = f"notifications/{notification.kind}"
    with preferences_of(event.subscription.user):
        context = _context(event) | {"is_current": _is_current(event, coverage), "other": coverage.other(notification)}
        context |= {"receipt": _receipt_of(event, coverage.now), "renewal": _renewal_of(event)}
        context |= _reminder_context(event) if notification.kind == REMINDER else {}
        subject = _subject(folder, context)
        context["subject"] = subject
        text = render_to_string(f"{folder}/body.txt", context)
        html = render_to_string(f"{folder}/body.html", context)
    return Mail(recipient, subject, text, html, str(context.get("unsubscribe_url", "")))


def render_subject(notification: Notification) -> str:
    """Render the mail's subject alone, from the notification's event, subscription and plan."""
    with preferences_of(notification.cause.subscription.user):
        context = _context(notification.cause)
        context |= _reminder_context(notification.cause) if notification.kind == REMINDER else {}
        return _subject(f"notifications/{notification.kind}", context)


def _subject(folder: str, context: dict[str, object]) -> str:
    return " ".join(render_to_string(f"{folder}/subject.txt", context).split())


def _context(event: Any) -> dict[str, object]:
    user = event.subscription.user
    return {
        "name": _name_of(user),
        "plan": event.plan.name,
        "event": event,
        "is_trial": event.subscription.trial and event.transition == "created",
        "price_text": event.subscription.plan.price_text,
        "actor": event.asked_by(user.pk),
        "is_withdrawn": event.asked_by(user.pk) == "subscriber" and event.reason == WITHDRAWAL,
        # Not reversed: a warm function remembers the stage prefix of the request before.
        "subscriptions_url": f"{settings.SITE_URL}/subscriptions/",
        "site_name": site_name(),
        "footer_links": footer_links_below(settings.SITE_URL),
    }


def _receipt_of(event: Any, now: datetime) -> dict[str, object] | None:
    """Return the payment that bought the event's period, and what the subscriber agreed to; None if nobody paid."""
    payment = getattr(event, "payment", None)
    if payment is None:
        return None
    return {
        "payment": payment,
        "order": payment.order,
        "renewal": _agreed_with(payment.order, event.subscription),
        "url": f"{settings.SITE_URL}/payments/{payment.pk}/",
        "prices_include_tax": settings.PRICES_INCLUDE_TAX,
        "withdrawal_until": payment.withdrawal_until(now),
    }


def _agreed_with(order: Any, subscription: Any) -> Any:
    """Return the agreement by which the paid subscription renews, if its subscriber agreed to that with the order.

    The present provider may not have named the method yet.
    """
    renewal = getattr(subscription, "renewal", None)
    if renewal is None or not order.renews or subscription.status != "active":
        return None
    is_unnamed = renewal.auto_renew and renewal.method is None and order.provider == provider_name()
    return renewal if renewal.is_on or is_unnamed else None


def _renewal_of(event: Any) -> Any:
    """Return the agreement by which the subscription is charged for its next period; None if it is not."""
    renewal = getattr(event.subscription, "renewal", None)
    return renewal if renewal and renewal.is_on and event.subscription.status == "active" else None


def _name_of(user: Any) -> str:
    """Return the short name that a user model may have, or the user name."""
    return getattr(user, "get_short_name", str)() or user.get_username()


def _is_current(event: Any, coverage: Coverage) -> bool:
    """Return True if the subscription is live and still ends when the event says."""
    subscription = event.subscription
    return bool(subscription.is_live(coverage.now) and subscription.end_date == event.new_end_date)


def _reminder_context(event: Any) -> dict[str, object]:
    subscription = event.subscription
    return {
        "plan": subscription.plan.name,
        "next_plan": subscription.next_plan.name if subscription.next_plan else "",
        "renewal": _renewal_of(event),
        "subscription_url": f"{settings.SITE_URL}/subscriptions/{event.subscription_id}/",
        "unsubscribe_url": unsubscription.link_of(event.subscription.user),
        "preferences_url": f"{settings.SITE_URL}/notification-preferences/",
    }
