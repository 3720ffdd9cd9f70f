"""Texts of the mails of payments. A renderer returns None if its mail is obsolete, as one of a paid order is."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.address_holders import address_holders
from accounts.mail_composition import Link, compose
from accounts.mail_limits import language_of_request
from accounts.preferences import language_of, preferences_of, time_zone_of
from foundation import money
from foundation.mail import LINK, MailKind, Rendered
from foundation.orm.any_of import any_of
from payments.charging.first_calls import is_near
from payments.contract_cancellation import CANCEL_CONTRACT, latest_request, link_of
from payments.mails import CARD_REMOVED, PLAN_CHANGE_PLANNED
from payments.mails import KINDS as MAIL_KINDS
from payments.methods.card_expiries import CARD_EXPIRES, expiring
from payments.methods.reported_methods import renewals_without_card
from payments.models import Order, PaymentEvent, Renewal
from payments.refunds.returned_money import has_failed
from payments.renewal.price_changes import PRICE_CHANGED, announced_to
from subscriptions.models import Subscription

NEEDS_CONFIRMATION = "authentication_required"
"""The provider's reason where only the subscriber can go on."""


def payment_failed(failed: PaymentEvent, now: datetime) -> Rendered | None:
    """Render that an order could not be collected, with the link for paying and what follows if nobody does.

    Obsolete where the order waits for no money any more, or a later try has failed, whose mail tells of that.
    """
    order = failed.order
    if not _waits_for(order) or order.events.filter(kind=PaymentEvent.Kind.FAILED, pk__gt=failed.pk).exists():
        return None
    with preferences_of(order.user):
        wanted = {"plan": order.plan.name, "amount": f"{order.amount_text} {order.currency}"}
        links = [Link(_("Pay now"), f"{settings.SITE_URL}/pay/{order.pk}/")]
        after = [text for text in (_what_follows(order, now), _next_attempt(failed)) if text]
        if failed.code == NEEDS_CONFIRMATION:
            return compose(_("Please confirm your payment"), [_needs_confirmation() % wanted], links, after)
        return compose(_("Your payment has failed"), [_could_not_collect() % wanted], links, after)


def _waits_for(order: Order) -> bool:
    return order.finished_at is None and order.close_requested_at is None and order.user.is_active


def payment_refunded(event: PaymentEvent, now: datetime) -> Rendered | None:
    """Render that money went back. Obsolete where it has failed to arrive meanwhile: another mail tells of that."""
    refund, order = event.payment, event.order
    if refund is None or has_failed(refund):
        return None
    with preferences_of(order.user):
        wanted = {"plan": order.plan.name, "amount": f"{refund.returned_text} {refund.currency}"}
        text = _("We have given back %(amount)s of your payment for %(plan)s. It can take some days to arrive.")
        return compose(_("Your refund"), [text % wanted], [_your_payments()])


def refund_failed(event: PaymentEvent, now: datetime) -> Rendered | None:
    """Render that a refund, which an earlier mail told of, did not arrive."""
    reversal, order = event.payment, event.order
    if reversal is None:
        return None
    with preferences_of(order.user):
        wanted = {"plan": order.plan.name, "amount": f"{reversal.amount_text} {reversal.currency}"}
        text = _("The refund of %(amount)s for %(plan)s did not reach you: the bank or card it went to refused it.")
        after = [_("You need not do anything. We will find another way to pay you back.")]
        return compose(_("Your refund did not arrive"), [text % wanted], [_your_payments()], after)


def _kind_about(
    kind: PaymentEvent.Kind, label: Promise, render: Callable[[PaymentEvent, datetime], Rendered | None]
) -> MailKind:
    """Return the kind of the mails that each tell of one payment event.

    Without the key of one, as the release before stores them, the user's latest event of the kind is told.
    """

    def render_latest(address: str, user_id: str | None, now: datetime) -> Rendered | None:
        found = _events().filter(kind=kind, order__user_id=user_id) if user_id else PaymentEvent.objects.none()
        event = found.order_by("-pk").first()
        return render(event, now) if event else None

    def render_about(key: str, now: datetime) -> Rendered | None:
        return render(_events().get(pk=key), now)

    return MailKind(MAIL_KINDS[kind], label, render_latest, render_about=render_about)


def _events() -> QuerySet[PaymentEvent]:
    return PaymentEvent.objects.select_related(
        "payment", "order__user", "order__plan", "order__subscription__renewal__method"
    )


def _your_payments() -> Link:
    return Link(_("Your payments"), f"{settings.SITE_URL}/payments/")


def plan_change_planned(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Render what each of the user's subscriptions renews to, when, and for how much."""
    if user_id is None:
        return None
    active = Subscription.objects.live(now).filter(user_id=user_id, status="active", end_date__gt=now)
    found = list(active.select_related("user", "plan", "next_plan", "renewal__method").order_by("pk"))
    if not found:
        return None
    user = found[0].user
    with preferences_of(user):
        links = [Link(_("Your subscriptions"), f"{settings.SITE_URL}/subscriptions/")]
        before = [_("A change of plan was planned or undone. This is what happens next:")]
        return compose(_("Your change of plan"), before + [_next_period(each) for each in found], links)


def _next_period(subscription: Subscription) -> str:
    renewal = getattr(subscription, "renewal", None)
    charged = renewal is not None and renewal.is_on
    names = {
        "plan": subscription.plan.name,
        "next": subscription.renewal_plan.name,
        "end": _instant(subscription.end_date),
        "price": f"{renewal.charge_text} {renewal.currency}" if charged and renewal else _price(subscription),
    }
    if subscription.next_plan is None:
        goes_on = _("%(plan)s renews on %(end)s, for %(price)s.")
        return (goes_on if charged else _("%(plan)s ends on %(end)s, unless it is renewed for %(price)s.")) % names
    if charged:
        return _("%(plan)s changes to %(next)s on %(end)s, for %(price)s. We charge it a day before.") % names
    return _("%(plan)s changes to %(next)s on %(end)s, if it is renewed for %(price)s.") % names


def _price(subscription: Subscription) -> str:
    return f"{subscription.renewal_plan.price_text} {subscription.renewal_plan.currency}"


def _could_not_collect() -> str:
    return _("We could not collect %(amount)s for %(plan)s. Please pay with another card or account:")


def _needs_confirmation() -> str:
    return _("Your bank asks you to confirm the payment of %(amount)s for %(plan)s. Please do so on the payment page:")


def _what_follows(order: Order, now: datetime) -> str:
    """Return what becomes of the subscription if nobody pays the order."""
    subscription = order.subscription
    if subscription is None or subscription.access_end <= now:
        return ""
    if order.kind == Order.Kind.CHANGE:
        return _("Your subscription stays as it is unless the payment arrives.")
    renewal = getattr(subscription, "renewal", None)
    goes_on = renewal is not None and renewal.is_on and not is_near(order, now)
    text = (
        _("Your subscription goes on: it renews automatically on %(end)s.")
        if goes_on
        else _("Your access ends on %(end)s unless the payment arrives before then.")
    )
    return text % {"end": _instant(subscription.access_end)}


def _next_attempt(failed: PaymentEvent) -> str:
    if failed.next_attempt_at is None:
        return ""
    return _("We try again on %(at)s.") % {"at": _instant(failed.next_attempt_at)}


def _instant(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{date_format(local, 'DATE_FORMAT')}, {date_format(local, 'H:i T')}"


def cancel_contract(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Render the link that confirms a cancellation; None if no account has the address."""
    holder, request = address_holders(address).first(), latest_request(address)
    if holder is None or request is None:
        return None
    language = language_of_request(CANCEL_CONTRACT, address) or language_of(holder)
    with translation.override(language), timezone.override(time_zone_of(holder)):
        received = _("Somebody, probably you, asked us on %(at)s to cancel a contract.")
        return compose(
            _("Confirm your cancellation"),
            [received % {"at": _instant(request.requested_at)}, _("Open the link to see what ends when, and confirm:")],
            [Link(_("Cancel contracts"), LINK)],
            [
                _("The link is valid for 14 days. We confirm the cancellation by e-mail."),
                _("If it was not you, ignore this mail. Nothing is cancelled without the link."),
            ],
            make_link=lambda: link_of(request),
        )


def price_changed(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Render what the user's subscriptions will cost, and from when; None if nothing changes any more."""
    renewals = [] if user_id is None else list(announced_to(user_id, now))
    if not renewals:
        return None
    user = renewals[0].subscription.user
    with preferences_of(user):
        return compose(
            _("New price of your subscription"),
            [_new_price(renewal) for renewal in renewals],
            [Link(_("Your subscriptions"), f"{settings.SITE_URL}/subscriptions/")],
            [_("You need not do anything. If you do not agree, turn off automatic renewal or cancel before then.")],
        )


def card_expires(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Render that the card expires before it is charged next; None if that is no longer so."""
    renewals = [] if user_id is None else list(expiring(now).filter(any_of("subscription__user", [user_id])))
    if not renewals:
        return None
    user = renewals[0].subscription.user
    with preferences_of(user):
        return compose(
            _("Your card expires before the next renewal"),
            [_expiry(renewal) for renewal in renewals],
            [Link(_("Save another card"), f"{settings.SITE_URL}/payments/method/")],
        )


def card_removed(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Render what ends because its card was removed at the provider; None if another card is charged meanwhile."""
    found = [] if user_id is None else renewals_without_card(now).filter(any_of("subscription__user", [user_id]))
    renewals = list(found)
    if not renewals:
        return None
    user = renewals[0].subscription.user
    with preferences_of(user):
        return compose(
            _("Your subscription no longer renews"),
            [_removal(renewal) for renewal in renewals],
            [Link(_("Save another card"), f"{settings.SITE_URL}/payments/method/")],
            [_("If you do nothing, we charge nothing.")],
        )


def _new_price(renewal: Renewal) -> str:
    assert renewal.new_amount is not None and renewal.new_amount_from is not None  # noqa: S101, PT018 - announced_to
    shown = {
        "plan": renewal.subscription.plan.name,
        "day": _instant(renewal.new_amount_from),
        "old": f"{renewal.amount_text} {renewal.currency}",
        "new": f"{money.formatted(renewal.new_amount, renewal.currency)} {renewal.currency}",
    }
    return _("Periods of %(plan)s that begin on %(day)s or later cost %(new)s instead of %(old)s.") % shown


def _expiry(renewal: Renewal) -> str:
    assert renewal.method is not None and renewal.method.expires is not None  # noqa: S101, PT018 - expiring
    shown = {
        "last4": renewal.method.last4,
        "expires": date_format(renewal.method.expires, "m/Y"),
        "plan": renewal.subscription.plan.name,
        "end": _instant(renewal.subscription.end_date),
        "amount": f"{renewal.charge_text} {renewal.currency}",
    }
    text = _("Your card •••• %(last4)s is valid until %(expires)s, and %(plan)s renews on %(end)s for %(amount)s.")
    return text % shown


def _removal(renewal: Renewal) -> str:
    text = _(
        "The card or account that you paid %(plan)s with was removed. %(plan)s ends on %(end)s unless you save another."
    )
    return text % {"plan": renewal.subscription.plan.name, "end": _instant(renewal.subscription.access_end)}


KINDS = (
    _kind_about(PaymentEvent.Kind.FAILED, gettext_lazy("payment failed"), payment_failed),
    _kind_about(PaymentEvent.Kind.REFUNDED, gettext_lazy("refund"), payment_refunded),
    _kind_about(PaymentEvent.Kind.REFUND_FAILED, gettext_lazy("failed refund"), refund_failed),
    MailKind(PRICE_CHANGED, gettext_lazy("new price"), price_changed),
    MailKind(CARD_EXPIRES, gettext_lazy("card expires"), card_expires),
    MailKind(CARD_REMOVED, gettext_lazy("card removed"), card_removed),
    MailKind(CANCEL_CONTRACT, gettext_lazy("confirmation of a cancellation"), cancel_contract),
    MailKind(PLAN_CHANGE_PLANNED, gettext_lazy("planned change of plan"), plan_change_planned),
)
