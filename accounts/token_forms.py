"""Forms of API tokens."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.account_forms import PasswordForm
from accounts.tokens import LIFETIME_DAYS
from foundation.api.scopes import Scope, all_scopes


class ScopesField(forms.MultipleChoiceField):
    """At least one scope."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, scopes: Callable[[], Iterable[Scope]], **kwargs: Any) -> None:
        super().__init__(label=_("Scopes"), choices=partial(_choices, scopes), **kwargs)


def _choices(scopes: Callable[[], Iterable[Scope]]) -> Iterator[tuple[str, str]]:
    return ((scope.name, f"{scope.name}: {scope.description}") for scope in scopes())


class PersonalTokenForm(PasswordForm):
    """A token that its owner creates, and the password: it outlasts the session."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("The program that will use it."))
    days = forms.IntegerField(label=_("Days until it ends"), min_value=1, max_value=LIFETIME_DAYS, initial=90)

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(request, data)
        self.fields["scopes"] = ScopesField(partial(useful_scopes, self.user))
        self.order_fields(["name", "days", "scopes", "password"])


def useful_scopes(user: AbstractUser) -> list[Scope]:
    """Return the scopes that a token of the user can make use of."""
    return [scope for scope in all_scopes() if not scope.permissions or any(map(user.has_perm, scope.permissions))]
