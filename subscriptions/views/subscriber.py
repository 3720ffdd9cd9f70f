"""Requests of signed-in users, under the name that teams' pages import."""

from accounts.views.owner import OwnerRequest as SubscriberRequest

__all__ = ["SubscriberRequest"]
