"""Reason forms of operators' deeds, and the admin log."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from subscriptions.forms import ReasonField
from subscriptions.models import REASON_LENGTH

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

TEMPLATE = "admin/subscriptions/reason.html"


class ReasonForm(forms.Form):
    """Form for the reason, which is recorded."""

    reason = ReasonField(label=_("Reason"), max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3}))


def require_permission(http: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied if the operator lacks it."""
    if not http.user.has_perm(permission):
        raise PermissionDenied


def operator_of(http: HttpRequest) -> AbstractBaseUser:
    """Return the user of a view that `admin_view` wraps, which lets only staff in."""
    return cast(AbstractBaseUser, http.user)


def ask_reason(
    site: "ModelAdmin[Any]", http: HttpRequest, form: forms.Form, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render the form below a `title` and an `explanation`."""
    context = {**site.admin_site.each_context(http), "opts": site.opts, "form": form} | context
    return TemplateResponse(http, TEMPLATE, context, status=status)


def log_deed(http: HttpRequest, model: type[Model], key: object, text: str) -> None:
    """Write a line to the admin log, for one row or, with no key, for the whole table."""
    LogEntry.objects.create(
        user_id=http.user.pk,  # type: ignore[misc]
        content_type=ContentType.objects.get_for_model(model),
        object_id=None if key is None else str(key),
        object_repr=str(model._meta.verbose_name_plural)[:200],
        action_flag=CHANGE,
        change_message=text,
    )
