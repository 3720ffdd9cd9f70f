"""Report of a subscriber that their address takes mail again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from notifications import bounced_address


@never_cache
@login_required
@require_POST
def address_works(request: HttpRequest) -> HttpResponse:
    """Lift the suppression of the user's address if they may, and say what follows."""
    if bounced_address.lift(request.user):  # type: ignore[arg-type] # not anonymous: login_required
        text = _("We write to your address again. If mail comes back once more, please give us another address.")
        messages.success(request, text)
    else:
        messages.error(request, _("Nothing was changed. Please give us another address."))
    return redirect("subscriptions")
