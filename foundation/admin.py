"""Admin for tables with millions of rows: no full count, sort or search."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from foundation.email_addresses import holds_address
from foundation.orm.key import Key

LONGEST_LIST = 1_000
"""Rows that can be paged through. Past 1,000 rows, filter instead of paging."""

LONGEST_NUMBER = 19
"""Digits of the largest primary key. Python refuses to parse numbers of more than 4,300 digits."""

MOST_USERS = 10
"""Maximum number of users per search term; an e-mail address is not unique."""


class NewestPaginator(Paginator):
    """Paginator of the first LONGEST_LIST rows, which never counts further."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most LONGEST_LIST."""
        rows = cast(QuerySet[Any], self.object_list)
        return rows[:LONGEST_LIST].count()

    @property
    def is_cut(self) -> bool:
        """Return True if there may be more rows than are shown."""
        return self.count == LONGEST_LIST


class NewestChangeList(ChangeList):
    """Change list with the ModelAdmin's fixed order: sorting by any other column would sort the whole table."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        return list(self.model_admin.get_ordering(request))


class ChoiceFilter(admin.ChoicesFieldListFilter):
    """Filter by a choice of the field. An unknown choice leads to the unfiltered list, as for any other invalid filter.

    Django's own filter passes it to the database, and PostgreSQL raises an error for a NUL.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Return the rows with the choice. Raises IncorrectLookupParameters."""
        if not {value for value, _label in self.field.flatchoices}.issuperset(self.lookup_val or []):
            raise IncorrectLookupParameters(f"{self.lookup_kwarg} is none of the choices")
        return super().queryset(request, queryset)


class HistoryAdmin(admin.ModelAdmin):
    """Read-only admin of a large table that only the service writes, newest rows first."""

    ordering = ["-pk"]
    paginator = NewestPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # facets would count every choice of every filter
    sortable_by = ()
    list_per_page = 100

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NewestChangeList

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class SubscriberHistoryAdmin(HistoryAdmin):
    """History with a search by user or subscription.

    `user_path` and `subscription_path` lead from the model to the respective id.
    """

    user_path: str
    subscription_path: str
    search_fields = ["user"]  # only shows the search box; get_search_results does the search
    search_help_text = _("A user name, an e-mail address or the number of a subscription, in full")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows of users with that name or address, or else of the subscription with that number."""
        if not search_term:
            return queryset, False
        users = find_users(search_term)
        if search_term.isdecimal() and len(search_term) <= LONGEST_NUMBER and not users:
            return queryset.filter(**{self.subscription_path: search_term}), False
        return queryset.filter(**{f"{self.user_path}__in": users}), False


def find_users(term: str) -> list[Key]:
    """Return the primary keys of up to MOST_USERS users with this exact name, or this e-mail address in any case."""
    model = get_user_model()
    is_user = Q(**{model.USERNAME_FIELD: term}) | holds_address(model.get_email_field_name(), term)
    return list(model._base_manager.filter(is_user).order_by().values_list("pk", flat=True)[:MOST_USERS])
