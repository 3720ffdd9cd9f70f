"""Page of a user's preferences."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from foundation import clock
from foundation.orm.key import Key
from notifications.forms import PreferencesForm
from notifications.preferences import set_reminders, wants_reminders


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Show the preferences on GET, replace them on POST."""
    user_id: Key = request.user.pk  # type: ignore[assignment] # there is one: login_required
    if request.method == "POST":
        form = PreferencesForm(request.POST)
        if form.is_valid():
            set_reminders(user_id, wanted=form.cleaned_data["reminders"], now=clock.now())
            messages.success(request, _("Saved."))
            return redirect("notification_preferences")
    form = PreferencesForm(initial={"reminders": wants_reminders(user_id)})
    return render(request, "notifications/pages/preferences.html", {"form": form})
