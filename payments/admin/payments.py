"""Admin of payments: money that moved, read-only but for refunds and the settlement of surplus."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from foundation import clock
from foundation.admin import SubscriberHistoryAdmin
from payments.admin.refunding import PERMISSION, SURPLUS, refund
from payments.admin.surplus import PERMISSION as SETTLE
from payments.admin.surplus import WaitingFilter, settle
from payments.models import Payment, Refund
from payments.received_money.surplus import is_waiting
from payments.refunds.requests import refundable


@admin.register(Payment)
class PaymentAdmin(SubscriberHistoryAdmin):
    list_display = ["id", "subscriber", "order", "kind", "money", "provider", "transaction_id", "paid_at", "surplus"]
    list_filter = ["surplus", WaitingFilter]
    list_select_related = ["order__user"]
    readonly_fields = (
        "kind",
        "provider",
        "transaction_id",
        "of",
        "order",
        "subscription",
        "event",
        "money",
        "paid_at",
        "recorded_at",
        "recorded_by",
        "surplus",
        "settled",
        "refunds",
        "next_steps",
        "settling",
    )
    user_path = "order__user"
    subscription_path = "subscription"

    def get_fields(self, request: HttpRequest, obj: Payment | None = None) -> tuple[str, ...]:
        """Return all of them; what can be done only to whoever may."""
        shown = {
            "next_steps": obj is not None and obj.kind == Payment.Kind.PAYMENT and request.user.has_perm(PERMISSION),
            "settling": obj is not None and obj.surplus and request.user.has_perm(SETTLE),
            "settled": obj is not None and obj.surplus,
        }
        return tuple(name for name in self.readonly_fields if shown.get(name, True))

    @admin.display(description=_("user"))
    def subscriber(self, payment: Payment) -> str:
        return str(payment.order.user) if payment.order else "-"

    @admin.display(description=_("amount"))
    def money(self, payment: Payment) -> str:
        return f"{payment.amount_text} {payment.currency}"

    @admin.display(description=_("refunds"))
    def refunds(self, payment: Payment) -> str:
        """Return the requests to give it back, with their states and reasons."""
        asked = payment.refunds.select_related("requested_by").order_by("pk")
        lines = (
            (one.amount_text, one.currency, one.get_state_display(), one.code, one.requested_by or "-", one.reason)
            for one in asked
        )
        return format_html_join("", "<p>{} {}: {} {} · {} · {}</p>", lines) or "-"

    @admin.display(description=_("what can be done"))
    def next_steps(self, payment: Payment) -> str:
        """Return a link to the refund, and to the record of each that nobody else finishes."""
        steps = [self._refunding(payment), *_records(payment)]
        return format_html_join("", "<p>{}</p>", ((step,) for step in steps))

    def _refunding(self, payment: Payment) -> str:
        """Return a link to the refund, and of a surplus the button that gives it back at once."""
        if not refundable(payment):
            return str(_("Nothing is left to give back."))
        address = reverse("admin:refund_payment", args=[payment.pk])
        link = format_html('<a href="{}">{}</a>', address, _("Refund"))
        if not payment.surplus or payment.settled:
            return link
        # The page has a form, which has the token; a form inside a form is none.
        button = '<button class="button" formmethod="post" formaction="{}" name="{}" value="1">{}</button> {}'
        return format_html(button, address, SURPLUS, _("Give all of it back"), link)

    @admin.display(description=_("settlement"))
    def settled(self, payment: Payment) -> str:
        """Return when, by whom and how the surplus was settled."""
        made = payment.settled
        if made is None:
            return "-"
        return f"{date_format(made.settled_at, 'j M Y H:i')} UTC · {made.settled_by or '-'} · {made.reason}"

    @admin.display(description=_("decision"))
    def settling(self, payment: Payment) -> str:
        """Return a link to the settlement while there is something to decide."""
        if not is_waiting(payment):
            return str(_("Nothing is left to decide."))
        address = reverse("admin:settle_surplus", args=[payment.pk])
        return format_html('<a href="{}">{}</a>', address, _("Mark as settled"))

    def get_urls(self) -> list[URLPattern]:
        """Return our URLs first: Django's last one matches every path."""
        view = self.admin_site.admin_view
        return [
            path("<int:payment_id>/refund/", view(self.refund), name="refund_payment"),
            path("<int:payment_id>/settle/", view(self.settle), name="settle_surplus"),
            *super().get_urls(),
        ]

    def refund(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        """Give the payment back."""
        return refund(self, request, payment_id)

    def settle(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        """Record that the surplus is settled."""
        return settle(self, request, payment_id)


def _records(payment: Payment) -> list[str]:
    requests = list(payment.refunds.exclude(state=Refund.State.DONE).select_related("payment").order_by("pk"))
    if not requests:
        return []
    from payments.admin.outside_refunds import record_links  # noqa: PLC0415 - seldom needed

    return record_links(requests, clock.now())
