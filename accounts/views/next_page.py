"""Redirects to the page that the parameter `next` names."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.i18n import set_language

from accounts.preferences import choose


def next_page(request: HttpRequest) -> str:
    """Return the URL of the page of this site that `next` names, or an empty string.

    Only absolute paths below the stage prefix are allowed: `redirect` would take other text for a URL name first, or
    resolve it against the current page.
    """
    wanted: str = request.POST.get("next", request.GET.get("next", "")).strip()
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if allowed and urlsplit(wanted).path.startswith(get_script_prefix()) else ""


def choose_language(request: HttpRequest) -> HttpResponse:
    """Change the language, in a user's profile too, and redirect.

    Django's own view falls back to "/", which loses the stage prefix.
    """
    response = HttpResponseRedirect(next_page(request) or reverse("plans"))
    response.cookies = set_language(request).cookies
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        choose(request, request.user, language=language)
    return response
