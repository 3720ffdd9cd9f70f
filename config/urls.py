"""Addresses of the site."""

from django.urls import include, path

from config.admin_on_demand import ADDRESSES, AddressesOnDemand

urlpatterns = [
    AddressesOnDemand("admin/", ADDRESSES, "admin"),
    path("api/", include("config.api_urls")),
    path("", include("config.health_urls")),
    path("", include("notifications.urls")),
    path("", include("subscriptions.urls")),
]
