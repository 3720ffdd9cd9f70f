"""What the admin needs where a table has millions of rows: no counting, no sorting, no searching of all of it."""

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
"""Rows that can be paged through. Who has not found it by then needs a filter, and not page 11."""

LONGEST_NUMBER = 19
"""Digits of the largest primary key; Python refuses to read numbers of more than 4,300."""

MOST_USERS = 10
"""Users that one search may stand for; an e-mail address is not unique."""


class NewestPaginator(Paginator):
    """Pages of the first LONGEST_LIST rows; it never counts further than that."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, or LONGEST_LIST."""
        rows = cast(QuerySet[Any], self.object_list)
        return rows[:LONGEST_LIST].count()

    @property
    def is_cut(self) -> bool:
        """Whether there may be more rows than are shown."""
        return self.count == LONGEST_LIST


class NewestChangeList(ChangeList):
    """In the order of its ModelAdmin and no other: sorting by any column would sort the whole table."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        return list(self.model_admin.get_ordering(request))


class ChoiceFilter(admin.ChoicesFieldListFilter):
    """By a choice of the field; the list without filters for what is none, as with any other broken filter.

    Django's own hands it to the database, and PostgreSQL refuses a NUL by an error.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Those of the choice. Raises IncorrectLookupParameters."""
        if not {value for value, _label in self.field.flatchoices}.issuperset(self.lookup_val or []):
            raise IncorrectLookupParameters(f"{self.lookup_kwarg} is none of the choices")
        return super().queryset(request, queryset)


class HistoryAdmin(admin.ModelAdmin):
    """A large table that only the service writes: read-only, the newest rows first."""

    ordering = ["-pk"]
    paginator = NewestPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they would count every choice of every filter
    sortable_by = ()
    list_per_page = 100

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Ours."""
        return NewestChangeList

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False


class SubscriberHistoryAdmin(HistoryAdmin):
    """History whose rows are found by their user or subscription.

    `user_path` and `subscription_path` lead from the model to the ids of those.
    """

    user_path: str
    subscription_path: str
    search_fields = ["user"]  # only shows the box; get_search_results does the search
    search_help_text = _("A user name, an e-mail address or the number of a subscription, in full")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows of the users of that name or address, or else of the subscription of that number."""
        if not search_term:
            return queryset, False
        users = find_users(search_term)
        if search_term.isdecimal() and len(search_term) <= LONGEST_NUMBER and not users:
            return queryset.filter(**{self.subscription_path: search_term}), False
        return queryset.filter(**{f"{self.user_path}__in": users}), False


def find_users(term: str) -> list[Key]:
    """The primary keys of up to MOST_USERS users of exactly this name, or of this e-mail address in whatever case."""
    model = get_user_model()
    is_user = Q(**{model.USERNAME_FIELD: term}) | holds_address(model.get_email_field_name(), term)
    return list(model._base_manager.filter(is_user).order_by().values_list("pk", flat=True)[:MOST_USERS])
