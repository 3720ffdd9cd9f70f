"""What operators see of the accounts: Django's own pages, for a table with millions of rows."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.admin import NewestChangeList, NewestPaginator, find_users

User = get_user_model()


class StaffFilter(admin.SimpleListFilter):
    """The few that an index finds; everybody else is most of the table."""

    title = _("staff")
    parameter_name = "is_staff"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Who may sign in here."""
        return [("1", str(_("Yes")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those, where it was chosen."""
        return queryset.filter(is_staff=True) if self.value() == "1" else queryset


class SubscriberAdmin(UserAdmin):
    """Django's own, without what walks the whole table, and with a link to why a user has access."""

    change_form_template = "admin/subscriptions/user_change_form.html"
    list_filter = (StaffFilter,)
    paginator = NewestPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    search_help_text = _("A user name or an e-mail address, in full")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """By name, in the order of an index."""
        return NewestChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Who has exactly this name or address."""
        return queryset.filter(pk__in=find_users(search_term)) if search_term else queryset, False


admin.site.unregister(User)
admin.site.register(User, SubscriberAdmin)
