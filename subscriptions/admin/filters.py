"""Filters of the subscriptions in the admin."""

from datetime import timedelta
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation import clock
from subscriptions.models import SubscriptionQuerySet

END_PARAMETER = "ends"

WITHIN = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


class EndFilter(admin.SimpleListFilter):
    """Filter by the end of what has not expired, which the index of the sweep finds."""

    title = _("end")
    parameter_name = END_PARAMETER

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            ("day", _("within 24 hours")),
            ("week", _("within 7 days")),
            ("month", _("within 30 days")),
            ("later", _("in more than 30 days")),
            ("late", _("has come, payment late")),
            ("due", _("has come, not yet expired")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.now()
        # In the order of the ends PostgreSQL joins by reading the whole user table.
        rows = queryset.filter(expired_at__isnull=True).select_related("plan").prefetch_related("user")
        waiting = cast(SubscriptionQuerySet, rows)  # that of the model, which admin.SimpleListFilter does not name
        match self.value():
            case "due":
                return waiting.due(now).filter(end_date__lte=now)  # by the index that the list is sorted by
            case "late":
                return waiting.late(now)
            case "later":
                return waiting.filter(end_date__gt=now + WITHIN["month"])
            case str(value) if value in WITHIN:
                return waiting.filter(end_date__gt=now, end_date__lte=now + WITHIN[value])
        return queryset
