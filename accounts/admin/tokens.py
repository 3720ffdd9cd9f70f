"""What operators see of the API's tokens. What they may do: revoke one, and make one that is shown once.

Where the database can be reached by nobody but the function, no shell is left for `manage.py create_api_token`.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from knox import admin as knox_admin  # noqa: F401 - registers the page that this one replaces
from knox.models import AuthToken

from accounts.tokens import LIFETIME_DAYS, LONGEST_LIFETIME_DAYS, make_token
from foundation.admin import find_users

SHOWN = ("user", "token_key", "created", "expiry")


class TokenForm(forms.ModelForm):
    """Whose it will be, and for how long."""

    days = forms.IntegerField(
        label=_("Days until it ends"), min_value=1, max_value=LONGEST_LIFETIME_DAYS, initial=LIFETIME_DAYS
    )

    class Meta:
        model = AuthToken
        fields = ("user",)


class TokenAdmin(admin.ModelAdmin):
    """In the place of knox's own, which lets a token's owner be changed, and its end be left out."""

    list_display = ["token_key", "user", "created", "expiry"]
    list_select_related = ()
    search_fields = ["user"]  # only shows the box; get_search_results does the search
    search_help_text = _("How a token begins, or a user name or an e-mail address in full")
    ordering = ["-created"]
    raw_id_fields = ["user"]
    form = TokenForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their users, whom a join might look for in the whole table."""
        return super().get_queryset(request).prefetch_related("user")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Those that begin so, or whose user has exactly this name or address."""
        is_meant = Q(token_key__startswith=search_term) | Q(user__in=find_users(search_term))
        return queryset.filter(is_meant) if search_term else queryset, False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers: a token acts as its user, whoever that is."""
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: AuthToken | None = None) -> bool:
        """Nobody."""
        return False

    def get_fields(self, request: HttpRequest, obj: AuthToken | None = None) -> tuple[str, ...]:
        """What is asked for a new one, and what is known of another."""
        return SHOWN if obj else ("user", "days")

    def get_readonly_fields(self, request: HttpRequest, obj: AuthToken | None = None) -> tuple[str, ...]:
        """All of what there is."""
        return SHOWN if obj else ()

    def save_model(self, request: HttpRequest, obj: AuthToken, form: forms.ModelForm, change: bool) -> None:
        """Make it. `obj` stands for the row, and carries the token to the page that shows it."""
        made, obj.secret = make_token(obj.user, form.cleaned_data["days"])
        obj.pk = made.pk

    def response_add(self, request: HttpRequest, obj: AuthToken, post_url_continue: Any = None) -> HttpResponse:
        """The page with the token: no redirect, because a message would put it into a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The new token"),
            "opts": AuthToken._meta,
            "token": obj,
        }
        return TemplateResponse(request, "admin/knox/authtoken/made.html", context)


admin.site.unregister(AuthToken)
admin.site.register(AuthToken, TokenAdmin)
