"""URLs of the pages about mails."""

from django.urls import path

from notifications.views.preferences import preferences
from notifications.views.unsubscribe import unsubscribe

urlpatterns = [
    path("notification-preferences/", preferences, name="notification_preferences"),
    path("u/<str:token>/", unsubscribe, name="unsubscribe"),
]
