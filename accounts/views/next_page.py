"""The page that a visitor asked to go on to, from the parameter `next`."""

from urllib.parse import urlsplit

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.i18n import set_language


def next_page(request: HttpRequest) -> str:
    """Return the address of the page of this site that `next` asks for, or an empty text.

    Django's `redirect` would take the text for the name of a route first, so nothing but an address is returned. A
    relative one would lead to a page below this one, and one without the stage's prefix out of the site.
    """
    wanted: str = request.POST.get("next", request.GET.get("next", "")).strip()
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if allowed and urlsplit(wanted).path.startswith(get_script_prefix()) else ""


class SignInView(LoginView):
    """Django's own, which goes on to a page of this site only."""

    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        return next_page(self.request)


def choose_language(request: HttpRequest) -> HttpResponse:
    """Change the language and go on; Django's own falls back to "/", which loses the stage's prefix."""
    response = HttpResponseRedirect(next_page(request) or reverse("plans"))
    response.cookies = set_language(request).cookies
    return response
