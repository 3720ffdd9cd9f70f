"""Admin of SES feedback and of suppressed addresses."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from foundation.admin import LONGEST_LIST, HistoryAdmin, SubscriberHistoryAdmin
from foundation.email_addresses import normalised
from notifications.admin.search import search
from notifications.models import BAD_NEWS, EventType, Feedback, Suppression
from notifications.ses import suppression
from notifications.ses.hashed_addresses import stored_forms


class BadNewsFilter(admin.SimpleListFilter):
    """Filter by the event types that an index finds; all others are most of the table."""

    title = _("event")
    parameter_name = "event_type"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(event_type.value, event_type.label) for event_type in BAD_NEWS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in EventType:
            return queryset
        return queryset.filter(event_type=self.value())


@admin.register(Feedback)
class FeedbackAdmin(HistoryAdmin):
    list_display = ["id", "event_type", "notification", "message_id", "occurred_at", "received_at"]
    list_filter = [BadNewsFilter]
    list_select_related = ["notification"]
    search_fields = ["user"]  # only shows the search box; get_search_results does the search
    search_help_text = SubscriberHistoryAdmin.search_help_text

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the feedback on mails of a user, to an address or of a subscription."""
        return search(queryset, search_term, "notification__") if search_term else queryset, False

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Hide the raw event, which holds addresses, from operators without the permission."""
        return [] if request.user.has_perm("notifications.view_raw_feedback") else ["raw"]


class FeedbackInline(admin.TabularInline):
    """SES feedback on one mail."""

    model = Feedback
    fields = ["event_type", "occurred_at", "received_at", "message_id"]
    readonly_fields = ["event_type", "occurred_at", "received_at", "message_id"]
    ordering = ["pk"]
    show_change_link = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Suppression)
class SuppressionAdmin(HistoryAdmin):
    list_display = ["address", "reason", "since", "feedback", "lifted_at", "lifted_by"]
    list_filter = [("lifted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["feedback"]
    search_fields = ["address"]  # only shows the box; get_search_results does the search
    search_help_text = _("An e-mail address, in full")
    actions = ["lift"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Prefetch the operators, because a join may scan all users."""
        return super().get_queryset(request).prefetch_related("lifted_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the suppressions of exactly this address, ignoring case, hashed ones too."""
        found = queryset.filter(address__in=stored_forms(normalised(search_term))) if search_term else queryset
        return found, False

    @admin.action(description=_("Lift: mail to the address goes out again"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        """Lift the chosen suppressions. The address must also leave SES's own list: docs/runbook.md."""
        keys = list(queryset.filter(lifted_at__isnull=True).values_list("pk", flat=True)[:LONGEST_LIST])
        with transaction.atomic():
            rows = Suppression.objects.live().filter(pk__in=keys).select_for_update()
            said = str(_("lifted"))
            LogEntry.objects.log_actions(request.user.pk, rows, CHANGE, change_message=said)  # type: ignore[arg-type]
            number = suppression.lift(keys, request.user)  # type: ignore[arg-type]
        self.message_user(request, *_answer(number))

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.lift_suppression")


def _answer(number: int) -> tuple[str, int]:
    if not number:
        return str(_("None of them holds any more; nothing was done.")), messages.WARNING
    text = ngettext(
        "%(number)s address is written to again, once it is off SES's own list as well.",
        "%(number)s addresses are written to again, once they are off SES's own list as well.",
        number,
    )
    return text % {"number": number}, messages.SUCCESS
