"""URLs of the pages about mails."""

from django.urls import path

from foundation.web.lazy_page import LazyPage
from notifications.views.unsubscribe import unsubscribe

urlpatterns = [
    path(
        "notification-preferences/",
        LazyPage("notifications.views.preferences.preferences"),
        name="notification_preferences",
    ),
    path(
        "notification-preferences/address-works/",
        LazyPage("notifications.views.address.address_works"),
        name="address_works",
    ),
    path("u/<str:token>/", unsubscribe, name="unsubscribe"),
]
