"""What operators see of plans, subscriptions, their history and the sweeps."""

from django.contrib import admin
from django.http import HttpRequest

from subscriptions.models import Plan, Subscription, SubscriptionEvent, SweepRun


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only the service writes."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):
    list_display = ["name", "price", "currency", "duration_days", "on_sale"]
    list_filter = ["on_sale"]


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "plan", "status", "start_date", "end_date"]
    list_filter = ["status", "plan"]
    list_select_related = ["user", "plan"]
    search_fields = ["user__username", "user__email"]
    show_full_result_count = False


@admin.register(SubscriptionEvent)
class SubscriptionEventAdmin(ReadOnlyAdmin):
    list_display = ["occurred_at", "transition", "subscription", "actor", "old_end_date", "new_end_date"]
    list_filter = ["transition"]
    search_fields = ["=subscription__id", "subscription__user__username"]
    show_full_result_count = False


@admin.register(SweepRun)
class SweepRunAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "finished_at", "expired", "failed", "remaining", "oldest_late"]
    show_full_result_count = False
