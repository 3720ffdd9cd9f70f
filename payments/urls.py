"""Addresses of the pages."""

from django.urls import path

from foundation.web.lazy_page import LazyPage

urlpatterns = [
    path("payments/", LazyPage("payments.views.payments.payments"), name="payments"),
    path("payments/<int:payment_id>/", LazyPage("payments.views.payments.receipt"), name="receipt"),
    path("pay/<int:order_id>/", LazyPage("payments.views.pay.pay"), name="pay"),
    path("pay/<int:order_id>/void/", LazyPage("payments.views.pay.void_order"), name="void_order"),
]
