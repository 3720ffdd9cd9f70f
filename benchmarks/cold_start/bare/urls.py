"""URL of the only page."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path


def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200."""
    return JsonResponse({"status": "ok"})


urlpatterns = [path("healthz", healthz)]
