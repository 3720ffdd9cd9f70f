"""Admin of what a provider told and was asked: messages, refunds and disputes, read-only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from foundation.admin import ChoiceFilter, HistoryAdmin
from payments.models import Dispute, Refund, WebhookMessage


@admin.register(WebhookMessage)
class WebhookMessageAdmin(HistoryAdmin):
    list_display = ["id", "provider", "type", "outcome", "attempts", "received_at", "error"]
    list_filter = [("outcome", ChoiceFilter)]
    fields = readonly_fields = (
        "provider",
        "message_id",
        "type",
        "made_at",
        "received_at",
        "outcome",
        "attempts",
        "error",
        "body",
    )


@admin.register(Refund)
class RefundAdmin(HistoryAdmin):
    list_display = ["id", "payment", "money", "state", "requested_by", "requested_at", "code"]
    list_filter = [("state", ChoiceFilter)]
    list_select_related = ["requested_by"]
    fields = readonly_fields = (
        "payment",
        "money",
        "reason",
        "ends_now",
        "requested_by",
        "requested_at",
        "state",
        "due_at",
        "attempts",
        "transaction_id",
        "code",
        "finished_at",
    )

    @admin.display(description=_("amount"))
    def money(self, refund: Refund) -> str:
        return f"{refund.amount_text} {refund.currency}"


@admin.register(Dispute)
class DisputeAdmin(HistoryAdmin):
    list_display = ["id", "payment", "amount", "currency", "state", "code", "opened_at"]
    list_filter = [("state", ChoiceFilter)]
    fields = readonly_fields = (
        "provider",
        "transaction_id",
        "payment",
        "amount",
        "currency",
        "code",
        "state",
        "opened_at",
    )
