"""Addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from config.dashboard import dashboard

urlpatterns = [
    path("admin/dashboard/", admin.site.admin_view(dashboard), name="dashboard"),
    path("admin/", admin.site.urls),
    path("api/", include("config.api_urls")),
    path("", include("config.health_urls")),
    path("", include("subscriptions.urls")),
]
