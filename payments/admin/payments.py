"""Admin of payments: money that moved, read-only but for refunds."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from foundation.admin import SubscriberHistoryAdmin
from payments.admin.refunding import PERMISSION, SURPLUS, refund
from payments.models import Payment
from payments.refunds import refundable


@admin.register(Payment)
class PaymentAdmin(SubscriberHistoryAdmin):
    list_display = ["id", "subscriber", "order", "kind", "money", "provider", "transaction_id", "paid_at", "surplus"]
    list_filter = ["surplus"]
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
        "refunds",
        "next_steps",
    )
    user_path = "order__user"
    subscription_path = "subscription"

    def get_fields(self, request: HttpRequest, obj: Payment | None = None) -> tuple[str, ...]:
        """Return all of them; what can be done only to whoever may."""
        may_refund = obj is not None and obj.kind == Payment.Kind.PAYMENT and request.user.has_perm(PERMISSION)
        return self.readonly_fields if may_refund else self.readonly_fields[:-1]

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
        """Return a link to the refund, and of a surplus the button that gives it back at once."""
        if not refundable(payment):
            return str(_("Nothing is left to give back."))
        address = reverse("admin:refund_payment", args=[payment.pk])
        link = format_html('<a href="{}">{}</a>', address, _("Refund"))
        if not payment.surplus:
            return link
        # The page has a form, which has the token; a form inside a form is none.
        button = '<button class="button" formmethod="post" formaction="{}" name="{}" value="1">{}</button> {}'
        return format_html(button, address, SURPLUS, _("Give all of it back"), link)

    def get_urls(self) -> list[URLPattern]:
        """Return our URL first: Django's last one matches every path."""
        address = path("<int:payment_id>/refund/", self.admin_site.admin_view(self.refund), name="refund_payment")
        return [address, *super().get_urls()]

    def refund(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        """Give the payment back."""
        return refund(self, request, payment_id)
