"""URLs of the site."""

from django.urls import include, path

from config.web.brand_stylesheet import brand_stylesheet
from config.web.favicon import favicon
from config.web.lazy_admin import URLS, LazyNamespace

urlpatterns = [
    LazyNamespace("admin/", URLS, "admin"),
    path("api/", include("config.api.urls")),
    path("", include("config.operations.health_urls")),
    path("brand/<slug:digest>.css", brand_stylesheet, name="brand_stylesheet"),
    path("favicon.ico", favicon, name="favicon"),
    path("", include("notifications.urls")),
    path("", include("payments.urls")),
    path("", include("accounts.urls")),
    path("", include("subscriptions.urls")),
]
