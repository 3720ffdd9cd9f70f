"""Requests of signed-in users."""

from django.http import HttpRequest

from accounts.models import User


class SubscriberRequest(HttpRequest):
    """A request behind `login_required`, for type checking."""

    user: User
