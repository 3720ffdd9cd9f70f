"""Read-only preview of a subscriber's list of subscriptions. Nobody signs in as them, and each look is on record."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from accounts.preferences import language_of, preferences_of, time_zone_of
from foundation import clock
from subscriptions.admin.reasons import log_deed, require_permission
from subscriptions.admin.users import user_or_404
from subscriptions.views.listing import listing_of

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

VIEW = "subscriptions.view_subscription"


def preview(site: "ModelAdmin[Any]", http: HttpRequest, user_id: str) -> HttpResponse:
    """Show the user's page in their language and time zone, without its links and buttons."""
    require_permission(http, VIEW)
    user = user_or_404(user_id)
    with preferences_of(user):
        listing = listing_of(user, clock.now(), http.GET.get("page"))
    log_deed(http, get_user_model(), user.pk, "Looked at the preview of the subscriptions page.")
    context = {
        **site.admin_site.each_context(http),
        "title": _("What %(user)s sees on My subscriptions") % {"user": user},
        "opts": site.opts,
        "listing": listing,
        "subscriber_language": language_of(user),
        "subscriber_time_zone": time_zone_of(user),
    }
    return TemplateResponse(http, "admin/subscriptions/subscription/preview.html", context)
