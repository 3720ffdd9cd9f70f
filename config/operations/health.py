"""Liveness probe (`/healthz`)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 if the process responds. Touches nothing else."""
    return JsonResponse({"status": "ok"})


class LivenessMiddleware:
    """Answer `/healthz` regardless of the Host header: a load balancer's health check sends none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != "/healthz":
            return self.get_response(request)
        request.resolver_match = resolve(request.path_info)  # for the request log
        return healthz(request)
