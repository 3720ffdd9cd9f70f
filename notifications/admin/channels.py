"""Admin of the channels: status, and an action to resume paused ones."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.admin import HistoryAdmin
from notifications.channels import pauses
from notifications.models import ChannelStatus


@admin.register(ChannelStatus)
class ChannelStatusAdmin(HistoryAdmin):
    ordering = ["channel"]
    list_display = [
        "channel",
        "paused_since",
        "pause_reason",
        "pause_error",
        "paused_until",
        "failed_tries",
        "account_rate",
        "slowed_to",
        "slowed_at",
    ]
    actions = ["resume"]

    @admin.action(description=_("Resume: the reason is gone"), permissions=["resume"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            resumed = [status for status in queryset if pauses.resume(status.channel)]
            said = str(_("resumed"))
            LogEntry.objects.log_actions(request.user.pk, resumed, CHANGE, change_message=said)  # type: ignore[arg-type]
        self.message_user(request, *_answer(resumed))

    def has_resume_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.resume_channel")


def _answer(resumed: list[ChannelStatus]) -> tuple[str, int]:
    if not resumed:
        return gettext("None of them is paused; nothing was done."), messages.WARNING
    names = ", ".join(map(str, resumed))
    return gettext("%(channels)s: the next delivery tries with one message.") % {"channels": names}, messages.SUCCESS
