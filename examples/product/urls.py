"""URLs of the example, before the service's own: the service answers every other path below `api/` with 404."""

from django.urls import path

from config.urls import urlpatterns as service
from examples.product import views
from foundation.api.lazy_view import LazyView

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("imprint/", views.imprint, name="imprint"),
    path("api/v1/reports", LazyView("examples.product.api.ReportList"), name="api_reports"),
    *service,
]
