"""Reasons that operators give for what they do to an account."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts.models.profile import LONGEST_REASON
from accounts.privileges import is_privileged
from accounts.user_lookup import find_user


class ReasonForm(forms.Form):
    """The reason, which is recorded."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Recorded for good. Name nobody in it."),
    )


def user_for(request: HttpRequest, key: str, permission: str) -> Any:
    """Return the user with this key, to whom the operator may do it. Raises Http404 and PermissionDenied."""
    user = find_user(key, is_key=True)
    if user is None:
        raise Http404
    if not _may_act(request, user, permission):  # type: ignore[arg-type] # any user model of the usual ones
        raise PermissionDenied
    return user


def _may_act(request: HttpRequest, user: AbstractUser, permission: str) -> bool:
    """Return True for holders of the permission; accounts with rights are for superusers, and one's own for nobody."""
    if not request.user.has_perm(permission) or user.pk == request.user.pk:
        return False
    return bool(request.user.is_superuser) or not is_privileged(user)


def ask_reason(
    model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, form: ReasonForm, texts: Mapping[str, Any]
) -> HttpResponse:
    """Render the form with `title`, `explanation` and `button`, and `losses` if the deed has some."""
    context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "form": form, **texts}
    return TemplateResponse(request, "admin/accounts/reason.html", context)
