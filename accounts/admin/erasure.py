"""Admin page on which an operator erases a user, with a reason."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts import leaving
from accounts.erasure import erase_user
from accounts.models import Profile
from accounts.models.profile import LONGEST_ERASURE_REASON
from accounts.privileges import is_privileged
from accounts.user_lookup import find_user
from foundation import clock

PERMISSION = "accounts.erase_user"


class ErasureForm(forms.Form):
    """The reason, which is recorded."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_ERASURE_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Recorded for good. Name nobody in it."),
    )


def erase(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, key: str) -> HttpResponse:
    """Say what ends on GET, erase the user on POST. Raises PermissionDenied, or Http404 for an unknown user."""
    user = find_user(key, is_key=True)
    if user is None:
        raise Http404
    if not may_erase(request, user):  # type: ignore[arg-type] # any user model of the usual ones
        raise PermissionDenied
    form = ErasureForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _erase(model_admin, request, user, form.cleaned_data["reason"])
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Erase %(user)s") % {"user": user.get_username()},
        "opts": model_admin.opts,
        "form": form,
        "losses": leaving.losses(user, clock.now()),
    }
    return TemplateResponse(request, "admin/accounts/erase_user.html", context)


def may_erase(request: HttpRequest, user: AbstractUser) -> bool:
    """Return True for holders of the permission; accounts with rights are for superusers, and one's own for nobody."""
    if not request.user.has_perm(PERMISSION) or user.pk == request.user.pk:
        return False
    return bool(request.user.is_superuser) or not is_privileged(user)


def _erase(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, user: Any, reason: str) -> HttpResponse:
    with transaction.atomic():
        is_new = erase_user(user.pk, clock.now(), actor=request.user, reason=reason)  # type: ignore[arg-type]
        if is_new:
            _log(request, user.pk)
    text = _("User %(key)s is erased.") if is_new else _("User %(key)s was erased before.")
    model_admin.message_user(request, text % {"key": user.pk}, messages.SUCCESS if is_new else messages.WARNING)
    return HttpResponseRedirect("../..")


def _log(request: HttpRequest, key: Any) -> None:
    """Log the erasure with its reason, in which the old values are replaced."""
    row = get_user_model()._base_manager.get(pk=key)
    said = _("erased: %(reason)s") % {"reason": Profile.objects.get(user=key).erasure_reason}
    LogEntry.objects.log_actions(request.user.pk, [row], CHANGE, change_message=said, single_object=True)  # type: ignore[call-overload] # staff are signed in
