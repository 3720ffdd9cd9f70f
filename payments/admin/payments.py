"""Admin of payments: money that moved, read-only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from foundation.admin import SubscriberHistoryAdmin
from payments.models import Payment


@admin.register(Payment)
class PaymentAdmin(SubscriberHistoryAdmin):
    list_display = ["id", "subscriber", "order", "money", "provider", "transaction_id", "paid_at", "surplus"]
    list_filter = ["surplus"]
    list_select_related = ["order__user"]
    fields = readonly_fields = (
        "provider",
        "transaction_id",
        "order",
        "subscription",
        "event",
        "money",
        "paid_at",
        "recorded_at",
        "recorded_by",
        "surplus",
    )
    user_path = "order__user"
    subscription_path = "subscription"

    @admin.display(description=_("user"))
    def subscriber(self, payment: Payment) -> str:
        return str(payment.order.user) if payment.order else "-"

    @admin.display(description=_("amount"))
    def money(self, payment: Payment) -> str:
        return f"{payment.amount_text} {payment.currency}"
