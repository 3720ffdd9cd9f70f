"""What operators see of the outbox: everything, and no way to change it by hand."""

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin):
    list_display = [
        "id",
        "channel",
        "state",
        "event",
        "created_at",
        "due_at",
        "finished_at",
        "attempts",
        "error",
    ]
    list_filter = ["state", "channel"]
    list_select_related = ["event"]
    search_fields = ["=event__subscription__id", "message_id"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
