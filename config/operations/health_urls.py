"""URLs of the health checks."""

from django.urls import path

from config.operations.health import healthz
from foundation.web.lazy_page import LazyPage

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", LazyPage("config.operations.readiness.readyz"), name="readyz"),
]
