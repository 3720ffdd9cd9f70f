"""Favicon, at the address where browsers look for it on pages that name none, such as the admin's."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the logo."""
    return redirect(static(settings.SITE_LOGO))
