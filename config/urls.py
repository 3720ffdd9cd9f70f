"""URLs of the site."""

from django.urls import include, path

from config.web.admin_on_demand import ADDRESSES, AddressesOnDemand
from config.web.brand_stylesheet import brand_stylesheet
from config.web.favicon import favicon

urlpatterns = [
    AddressesOnDemand("admin/", ADDRESSES, "admin"),
    path("api/", include("config.api.urls")),
    path("", include("config.operations.health_urls")),
    path("brand/<slug:digest>.css", brand_stylesheet, name="brand_stylesheet"),
    path("favicon.ico", favicon, name="favicon"),
    path("", include("notifications.urls")),
    path("", include("accounts.urls")),
    path("", include("subscriptions.urls")),
]
