"""Admin pages of accounts: Django's own, for a table with millions of rows."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import AbstractUser, Group
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.admin import erasure, second_factor
from accounts.admin.extensions import AccountLink, add_link, links_for
from accounts.admin.user_fieldsets import has_field, user_pages
from accounts.admin.user_search import find_by_part
from accounts.daily_counts import Counted, count
from accounts.managed_groups import managed_group_names
from accounts.privileges import is_privileged
from accounts.profiles import count_address_change, is_erased
from accounts.search_index import parts_are_indexed
from foundation import clock
from foundation.admin import NewestChangeList, NewestPaginator, find_users
from foundation.orm.any_of import any_of

User = get_user_model()

add_link(AccountLink(_("Remove the second factor"), "admin:remove_second_factor", second_factor.PERMISSION))
add_link(AccountLink(_("Erase user"), "admin:erase_user", erasure.PERMISSION))

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
"""Fields that give an account rights."""

DERIVED = ("last_login", "date_joined")
"""Fields that only signing in and signing up write."""


class StaffFilter(admin.SimpleListFilter):
    """Staff only, which an index finds; everybody else is most of the table."""

    title = _("staff")
    parameter_name = "is_staff"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("1", str(_("Yes")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_staff=True) if self.value() == "1" else queryset


class AccountAdmin(admin.ModelAdmin):
    """Precedes the user model's own admin: nothing reads the whole table, and other apps add links.

    Rights, and accounts that have any, are for superusers: `change_user` alone would otherwise make its holder one.
    """

    change_form_template = "admin/accounts/user_change_form.html"
    list_filter = (StaffFilter,) if has_field(User, "is_staff") else ()
    paginator = NewestPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    search_help_text = _("A user name or an e-mail address, or a part of it of at least 3 characters")

    def get_urls(self) -> list[URLPattern]:
        """Return the pages that take a reason first: Django's last one matches every path."""
        erase = self.admin_site.admin_view(partial(erasure.erase, self))
        remove = self.admin_site.admin_view(partial(second_factor.remove, self))
        return [
            path("<str:key>/erase/", erase, name="erase_user"),
            path("<str:key>/remove-second-factor/", remove, name="remove_second_factor"),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NewestChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find accounts that have this name or address, or whose name or address contains it."""
        if not search_term:
            return queryset, False
        keys = find_users(search_term)
        if parts_are_indexed():
            keys += find_by_part(search_term)
        else:
            text = _("Only whole names and addresses were searched: the database has no index of parts (runbook).")
            self.message_user(request, text, messages.WARNING)
        return queryset.filter(any_of("pk", keys)), False

    def get_readonly_fields(self, request: HttpRequest, obj: AbstractUser | None = None) -> tuple[str, ...]:
        """Return what is derived, and for all but superusers what gives rights."""
        return DERIVED if request.user.is_superuser else (*DERIVED, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: AbstractUser | None = None) -> bool:
        """Return True if the account may be changed; its e-mail address and password are ways into it.

        One that was erased stays as it is: nobody would look for a name or an address there again.
        """
        may_change = super().has_change_permission(request, obj) and _may_touch(request, obj)
        return may_change and not (obj and is_erased(obj.pk))

    def has_delete_permission(self, request: HttpRequest, obj: AbstractUser | None = None) -> bool:
        """Return True if the account may be deleted; the action asks this for each account, too."""
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return super().render_change_form(
            request, context | {"account_links": links_for(request.user)}, *args, **kwargs
        )

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        """Leave out the groups whose members an app decides."""
        if db_field.name == "groups":
            kwargs["queryset"] = Group.objects.exclude(name__in=managed_group_names()).order_by("name")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Count an account that staff open, and an address that they change."""
        super().save_model(request, obj, form, change)
        if not change:
            count(Counted.ADDED_BY_STAFF, clock.now())
        elif User.get_email_field_name() in form.changed_data:
            count_address_change(obj)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """Write the groups that the form offers. Managed groups stay as they are."""
        chosen = form.cleaned_data.pop("groups", None)
        super().save_related(request, form, formsets, change)
        if chosen is not None:
            _choose_groups(form.instance, chosen)


def _choose_groups(account: AbstractUser, chosen: QuerySet[Group]) -> None:
    """Add and remove instead of `set()`, which would write memberships back as they were a moment ago."""
    offered = account.groups.exclude(name__in=managed_group_names())
    account.groups.remove(*offered.exclude(pk__in=chosen))
    account.groups.add(*chosen)


def _may_touch(request: HttpRequest, account: AbstractUser | None) -> bool:
    return account is None or bool(request.user.is_superuser) or not is_privileged(account)


def register(site: admin.AdminSite) -> None:
    """Put AccountAdmin before the admin that the user model is registered with, or before Django's own."""
    registered = type(site.get_model_admin(User)) if site.is_registered(User) else UserAdmin
    if site.is_registered(User):
        site.unregister(User)
    pages = user_pages(User) if registered is UserAdmin else {}
    site.register(User, type("UserAdmin", (AccountAdmin, registered), {"__module__": __name__, **pages}))
