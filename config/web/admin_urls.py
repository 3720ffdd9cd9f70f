"""Addresses of the admin. Importing this module finds and registers all of its pages."""

from django.contrib import admin
from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _

from config.operations.dashboard import dashboard
from subscriptions import user_admin

admin.autodiscover()
user_admin.register(admin.site)  # once the user model's own admin is registered
admin.site.site_header = admin.site.site_title = _("Operation of the subscriptions")
# Django's own default, "/", becomes a stage's prefix without the slash.
admin.site.site_url = reverse_lazy("plans")  # type: ignore[assignment] # anything that renders as text

urlpatterns = [
    path("dashboard/", admin.site.admin_view(dashboard), name="dashboard"),
    *admin.site.get_urls(),
]
