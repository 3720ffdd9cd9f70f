"""Addresses of the site."""

from django.urls import include, path

from config.web.admin_on_demand import ADDRESSES, AddressesOnDemand

urlpatterns = [
    AddressesOnDemand("admin/", ADDRESSES, "admin"),
    path("api/", include("config.api.urls")),
    path("", include("config.operations.health_urls")),
    path("", include("notifications.urls")),
    path("", include("subscriptions.urls")),
]
