"""URLs of the admin. Importing this module registers all its pages."""

from django.contrib import admin
from django.urls import path, reverse_lazy
from django.utils.functional import lazy

from accounts.admin import users
from accounts.admin.second_factor import hide_devices
from config.operations.dashboard import dashboard
from foundation.web.brand import operations_title
from foundation.web.lazy_page import LazyPage

admin.autodiscover()
users.register(admin.site)  # after the user model's own admin is registered
hide_devices(admin.site)
admin.site.site_header = admin.site.site_title = lazy(operations_title, str)()
# Django's default, "/", would become the stage prefix without its slash.
admin.site.site_url = reverse_lazy("plans")  # type: ignore[assignment] # anything that renders as text

admin.site.login = LazyPage("accounts.views.sign_in.admin_sign_in")  # type: ignore[assignment] # a view

urlpatterns = [
    path("dashboard/", admin.site.admin_view(dashboard), name="dashboard"),
    *admin.site.get_urls(),
]
