"""Admin page on which an operator erases a user, with a reason."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from accounts import leaving
from accounts.admin.reasons import ReasonForm, ask_reason, user_for
from accounts.erasure import erase_user
from accounts.models import Profile
from foundation import clock

PERMISSION = "accounts.erase_user"
EXPLANATION = _(
    "Name and address are overwritten wherever they are stored; sessions, tokens and rights end. History and figures "
    "stay under a pseudonym. This cannot be undone."
)


def erase(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, key: str) -> HttpResponse:
    """Say what ends on GET, erase the user on POST. Raises PermissionDenied, or Http404 for an unknown user."""
    user = user_for(request, key, PERMISSION)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _erase(model_admin, request, user, form.cleaned_data["reason"])
    texts = {
        "title": _("Erase %(user)s") % {"user": user.get_username()},
        "explanation": EXPLANATION,
        "button": _("Erase user"),
        "losses": leaving.losses(user, clock.now()),
    }
    return ask_reason(model_admin, request, form, texts)


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
