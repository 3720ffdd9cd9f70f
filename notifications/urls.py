"""Addresses of the pages about mails."""

from django.urls import path

from notifications.views.preferences import preferences

urlpatterns = [path("notification-preferences/", preferences, name="notification_preferences")]
