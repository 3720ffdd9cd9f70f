"""Admin of the outbox: a read-only view, and actions to send undelivered notifications again."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from foundation import clock
from foundation.admin import LONGEST_LIST, ChoiceFilter, HistoryAdmin, SubscriberHistoryAdmin
from notifications.admin import preview
from notifications.admin.feedback import FeedbackInline
from notifications.admin.search import search
from notifications.models import Notification, NotificationQuerySet, State
from notifications.outbox import claims

INDEXED: dict[str | None, dict[str, bool]] = {
    State.PENDING: {"finished_at__isnull": True},
    State.SENDING: {"lease_token__isnull": False},
}
"""Conditions that hold for every row in a state, and are conditions of an index."""


class StateFilter(admin.SimpleListFilter):
    """Filter by state, through the partial index of unfinished or leased rows."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in State:
            return queryset
        return queryset.filter(state=self.value(), **INDEXED.get(self.value(), {}))


@admin.register(Notification)
class NotificationAdmin(HistoryAdmin):
    list_display = ["id", "kind", "channel", "state", "recipient", "subject", "created_at", "error"]
    fields = (
        "kind",
        "days_before",
        "channel",
        "state",
        "recipient",
        "subject",
        "user",
        "event",
        "payment_event",
        "message",
        "created_at",
        "due_at",
        "submitted_at",
        "finished_at",
        "attempts",
        "resends",
        "lease_token",
        "lease_until",
        "message_id",
        "error",
    )
    readonly_fields = ("kind", "recipient", "subject", "user", "message")
    list_filter = [StateFilter, ("channel", ChoiceFilter)]
    list_select_related = ["event__subscription__user__profile", "event__subscription__plan", "event__plan"]
    prefetched = (
        "payment_event__order__user",
        "event__subscription__renewal__method",
        "event__subscription__next_plan",
        "event__old_plan",
    )
    search_fields = ["user"]  # only shows the search box; get_search_results does the search
    search_help_text = SubscriberHistoryAdmin.search_help_text
    inlines = [FeedbackInline]
    actions = ["send_again", "send_unknown_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows with what few of them have: with more joins PostgreSQL would search all tables."""
        return super().get_queryset(request).prefetch_related(*self.prefetched)

    @admin.display(description=_("user"))
    def user(self, notification: Notification) -> str:
        """Return the subscriber, or the user for whom an account mail is rendered."""
        if notification.event is not None:
            return str(notification.event.subscription.user)
        if notification.payment_event is not None:
            return str(notification.payment_event.order.user)
        return str(_user_with(notification.user_key) or "-")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the notifications of a user, to an address or of a subscription."""
        return search(queryset, search_term) if search_term else queryset, False

    @admin.display(description=_("kind"))
    def kind(self, notification: Notification) -> str:
        return preview.kind_of(notification)

    @admin.display(description=_("recipient"))
    def recipient(self, notification: Notification) -> str:
        return preview.recipient_of(notification)

    @admin.display(description=_("subject"))
    def subject(self, notification: Notification) -> str:
        return preview.subject_of(notification)

    @admin.display(description=_("message"))
    def message(self, notification: Notification) -> str:
        """Return the message, below a note on how it relates to the one that was sent."""
        note = preview.note_on(notification, clock.now())
        return format_html('<p>{}</p><pre class="message">{}</pre>', note, preview.text_of(notification))

    @admin.action(description=_("Send failed ones again"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: NotificationQuerySet) -> None:
        self._send_again(request, queryset, State.FAILED)

    @admin.action(description=_("Send unknown ones again: may arrive twice"), permissions=["send_again"])
    def send_unknown_again(self, request: HttpRequest, queryset: NotificationQuerySet) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            return self._ask(request, queryset)
        self._send_again(request, queryset, State.UNKNOWN)
        return None

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.send_again_notification")

    def _ask(self, request: HttpRequest, queryset: NotificationQuerySet) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Send again what may have arrived?"),
            "opts": Notification._meta,
            "notifications": [
                (row, preview.kind_of(row), preview.recipient_of(row))
                for row in queryset.filter(state=State.UNKNOWN).select_related(*self.list_select_related)[:LONGEST_LIST]
            ],
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/notifications/notification/confirm_send_again.html", context)

    def _send_again(self, request: HttpRequest, queryset: NotificationQuerySet, stands: State) -> None:
        keys = list(queryset.filter(state=stands).values_list("pk", flat=True)[:LONGEST_LIST])
        with transaction.atomic():
            rows = Notification.objects.filter(pk__in=keys, state=stands).select_for_update()
            said = str(_("sent again"))
            LogEntry.objects.log_actions(request.user.pk, rows, CHANGE, change_message=said)  # type: ignore[arg-type]
            number = claims.send_again(keys, stands)
        self.message_user(request, *_answer(number, stands))


def _user_with(key: str) -> object:
    users = get_user_model()._base_manager
    try:
        return users.filter(pk=key).first() if key else None
    except (ValueError, ValidationError):  # the key of a user model that was replaced
        return None


def _answer(number: int, stands: State) -> tuple[str, int]:
    if not number:
        return _("None of them is %(state)s; nothing was done.") % {"state": stands.label}, messages.WARNING
    text = ngettext(
        "%(number)s notification goes out with the next delivery.",
        "%(number)s notifications go out with the next delivery.",
        number,
    )
    return text % {"number": number}, messages.SUCCESS
