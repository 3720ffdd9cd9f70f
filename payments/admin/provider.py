"""Admin of what a provider told and was asked: messages, refunds and disputes, read-only but for records of refunds."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from foundation import clock
from foundation.admin import ChoiceFilter, HistoryAdmin
from payments.admin.refunding import PERMISSION
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
        "closing_reason",
        "next_steps",
    )

    def get_fields(self, request: HttpRequest, obj: Refund | None = None) -> tuple[str, ...]:
        """Return all of them; what can be done only to whoever may."""
        may = request.user.has_perm(PERMISSION)
        return tuple(name for name in self.readonly_fields if may or name != "next_steps")

    @admin.display(description=_("amount"))
    def money(self, refund: Refund) -> str:
        return f"{refund.amount_text} {refund.currency}"

    @admin.display(description=_("what can be done"))
    def next_steps(self, refund: Refund) -> str:
        """Return a link to the record of a refund that nobody else finishes."""
        from payments.admin.outside_refunds import record_links  # noqa: PLC0415 - seldom needed

        links = record_links([refund], clock.now())
        return format_html_join("", "{}", ((link,) for link in links)) or "-"

    def get_urls(self) -> list[URLPattern]:
        """Return our URL first: Django's last one matches every path."""
        record = path("<int:refund_id>/record/", self.admin_site.admin_view(self.record), name="record_refund")
        return [record, *super().get_urls()]

    def record(self, request: HttpRequest, refund_id: int) -> HttpResponse:
        """Record that the money went back outside."""
        from payments.admin.outside_refunds import record  # noqa: PLC0415 - seldom needed

        return record(self, request, refund_id)


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
