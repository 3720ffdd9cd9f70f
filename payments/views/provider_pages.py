"""Pages whose form leads off the site, to the provider's page."""

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse

from payments.providers.interface import Provider


def may_lead_to(page: HttpResponse, provider: Provider, request: HttpRequest) -> HttpResponse:
    """Return the page, whose forms may lead to the provider. Chromium applies `form-action` to redirects as well."""
    csp_update({"form-action": provider.origin})(lambda _request: page)(request)
    return page
