"""Requests of signed-in users."""

from django.contrib.auth.models import User
from django.http import HttpRequest


class SubscriberRequest(HttpRequest):
    """A request behind `login_required`, for type checking."""

    user: User
