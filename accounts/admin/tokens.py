"""Admin pages of API tokens: create one, which is shown once, and revoke one.

They replace `manage.py create_api_token` where only the function can reach the database.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from knox import admin as knox_admin  # noqa: F401 - registers the page that this one replaces
from knox.models import AuthToken

from accounts.token_forms import ScopesField
from accounts.tokens import LIFETIME_DAYS, LONGEST_LIFETIME_DAYS, details_of, make_token
from foundation.admin import find_users
from foundation.api.scopes import all_scopes, earlier_scopes

SHOWN = ("user", "token_key", "name", "scopes", "created", "expiry", "last_used_at")


class TokenForm(forms.ModelForm):
    """A new token for a service account: its user, name, scopes and lifetime."""

    name = forms.CharField(label=_("name"), max_length=100, required=False)
    scopes = ScopesField(
        all_scopes, required=False, initial=earlier_scopes, help_text=_("None: those that are checked here.")
    )

    days = forms.IntegerField(
        label=_("Days until it ends"), min_value=1, max_value=LONGEST_LIFETIME_DAYS, initial=LIFETIME_DAYS
    )

    class Meta:
        model = AuthToken
        fields = ("user",)
        help_texts = {
            "user": _("A service account has no password. A token of anybody else ends when the password changes.")
        }

    def clean_user(self) -> AbstractUser:
        """Refuse a user whose tokens would be refused."""
        user: AbstractUser = self.cleaned_data["user"]
        if not user.is_active:
            raise forms.ValidationError(_("This account is not active, so its tokens would be refused."))
        return user


class TokenAdmin(admin.ModelAdmin):
    """Replaces knox's own, which allows to change a token's owner and to leave out its expiry."""

    list_display = ["token_key", "user", "name", "scopes", "created", "expiry", "last_used_at"]
    list_select_related = ["details"]
    search_fields = ["user"]  # only shows the box; get_search_results does the search
    search_help_text = _("How a token begins, or a user name or an e-mail address in full")
    ordering = ["-created"]
    raw_id_fields = ["user"]
    form = TokenForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # A join might read the whole user table.
        return super().get_queryset(request).prefetch_related("user")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find tokens that begin with the term, or whose user has exactly this name or address."""
        is_meant = Q(token_key__startswith=search_term) | Q(user__in=find_users(search_term))
        return queryset.filter(is_meant) if search_term else queryset, False

    @admin.display(description=_("name"))
    def name(self, token: AuthToken) -> str:
        """Return what the token is for."""
        return details_of(token).name

    @admin.display(description=_("scopes"))
    def scopes(self, token: AuthToken) -> str:
        """Return the scopes; a token from before scopes has all that were possible then."""
        scopes = details_of(token).scopes
        return ", ".join(earlier_scopes() if scopes is None else scopes)

    @admin.display(description=_("last use"))
    def last_used_at(self, token: AuthToken) -> Any:
        """Return the instant of the last use, to the minute."""
        return details_of(token).last_used_at

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return True for superusers: a token acts as its user."""
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: AuthToken | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: AuthToken | None = None) -> tuple[str, ...]:
        return SHOWN if obj else ("user", "name", "scopes", "days")

    def get_readonly_fields(self, request: HttpRequest, obj: AuthToken | None = None) -> tuple[str, ...]:
        return SHOWN if obj else ()

    def save_model(self, request: HttpRequest, obj: AuthToken, form: forms.ModelForm, change: bool) -> None:
        """Create the token. `obj` carries it to the page that shows it."""
        made, obj.secret = make_token(
            obj.user,
            form.cleaned_data["days"],
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"] or earlier_scopes(),
        )
        obj.pk = made.pk

    def response_add(self, request: HttpRequest, obj: AuthToken, post_url_continue: Any = None) -> HttpResponse:
        """Render the page that shows the token. A redirect with a message would put it into a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The new token"),
            "opts": AuthToken._meta,
            "token": obj,
        }
        return TemplateResponse(request, "admin/knox/authtoken/made.html", context)


admin.site.unregister(AuthToken)
admin.site.register(AuthToken, TokenAdmin)
