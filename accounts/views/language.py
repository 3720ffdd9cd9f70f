"""Page on which users choose language and time zone."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.preference_forms import LanguageForm
from accounts.preferences import browser_time_zone, choose, language_of
from accounts.profiles import profile_of
from accounts.views.owner import OwnerRequest, owner_page


@owner_page
def language(request: OwnerRequest) -> HttpResponse:
    """Show the choices on GET, store them on POST."""
    profile = profile_of(request.user)
    form = LanguageForm(profile, browser_time_zone(request), request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/language.html", {"form": form})
    choose(request, request.user, **form.cleaned_data)
    with translation.override(form.cleaned_data["language"] or language_of(request.user)):
        messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("account_language"))
