"""Permissions on orders and payments: the owner's, and for others those of the admin."""

from django.contrib.auth.models import AbstractUser

from subscriptions.models import Subscription
from subscriptions.permissions import Caller

VIEW_ORDERS = "payments.view_order"
ADD_ORDERS = "payments.add_order"
VIEW_PAYMENTS = "payments.view_payment"
REFUND = "payments.add_refund"


def may_order(caller: Caller, subscription: Subscription) -> bool:
    """Allow the owner, and services that order for others."""
    return caller.owns(subscription) or caller.user.has_perm(ADD_ORDERS)


def may_see_payment(user: AbstractUser, owner: object) -> bool:
    """Allow the owner, and whoever may view payments or give them back."""
    return owner == user.pk or user.has_perm(VIEW_PAYMENTS) or user.has_perm(REFUND)
