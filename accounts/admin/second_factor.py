"""Second factors in the admin: an operator removes a lost one, and sees none.

Django-otp's own pages would show secrets and recovery codes to operators.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.admin.reasons import ReasonForm, ask_reason, user_for
from accounts.second_factor_removal import remove_second_factor

PERMISSION = "accounts.remove_second_factor"
EXPLANATION = _(
    "The authenticator app and the recovery codes are removed, the sessions end, and the password alone signs in. The "
    "owner is told by mail. Make sure first that it is the owner who asks."
)


def remove(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, key: str) -> HttpResponse:
    """Ask for a reason on GET, remove the factor on POST. Raises PermissionDenied, or Http404 for an unknown user."""
    user = user_for(request, key, PERMISSION)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        title = _("Remove the second factor of %(user)s") % {"user": user.get_username()}
        texts = {"title": title, "explanation": EXPLANATION, "button": _("Remove the second factor")}
        return ask_reason(model_admin, request, form, texts)
    removed = remove_second_factor(user.pk, actor=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type] # staff are signed in
    text = _("The second factor is removed.") if removed else _("There was no second factor.")
    model_admin.message_user(request, text, messages.SUCCESS if removed else messages.WARNING)
    return HttpResponseRedirect("../..")


def hide_devices(site: AdminSite) -> None:
    """Remove the pages that django-otp registers."""
    site.unregister([StaticDevice, TOTPDevice])
