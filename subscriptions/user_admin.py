"""What operators see of the accounts: Django's own pages, for millions of rows, and the tokens of the API."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from knox.models import AuthToken

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


class TokenAdmin(admin.ModelAdmin):
    """Tokens can be taken away here, and are made by `manage.py create_api_token`, which alone can show them."""

    list_display = ["user", "token_key", "created", "expiry"]
    list_select_related = ()
    ordering = ["user_id", "created"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their users, whom a join might look for in the whole table."""
        return super().get_queryset(request).prefetch_related("user")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody: the database keeps a hash, and so no page could show what it made."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False


for model, model_admin in ((User, SubscriberAdmin), (AuthToken, TokenAdmin)):
    admin.site.unregister(model)
    admin.site.register(model, model_admin)
