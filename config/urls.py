"""Addresses of the site."""

from django.contrib import admin
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _

from config.dashboard import dashboard

admin.site.site_header = admin.site.site_title = _("Operation of the subscriptions")
# Django's own default, "/", becomes a stage's prefix without the slash.
admin.site.site_url = reverse_lazy("plans")  # type: ignore[assignment] # anything that renders as text

urlpatterns = [
    path("admin/dashboard/", admin.site.admin_view(dashboard), name="dashboard"),
    path("admin/", admin.site.urls),
    path("api/", include("config.api_urls")),
    path("", include("config.health_urls")),
    path("", include("notifications.urls")),
    path("", include("subscriptions.urls")),
]
