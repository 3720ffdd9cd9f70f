"""`{% load entitlement %}`: entitlement in templates."""

from typing import Any

from django import template

from foundation import clock
from subscriptions.entitlement import has_entitlement, has_live_subscription

register = template.Library()


@register.simple_tag(name="has_live_subscription", takes_context=True)
def has_live_subscription_tag(context: template.Context, *, plan: Any = None) -> bool:
    """Return True if the visitor has a live subscription, with `plan` one to this plan or to a plan of this name.

    `{% has_live_subscription plan="Pro" as is_pro %}`. One query each time. Needs `user` in the context, which Django's
    context processor puts there; without it the answer is False.
    """
    user = context.get("user")
    return user is not None and has_live_subscription(user, clock.now(), plan=plan)


@register.simple_tag(name="has_entitlement", takes_context=True)
def has_entitlement_tag(context: template.Context, codename: str) -> bool:
    """Return True if the visitor's plan grants the permission: `{% has_entitlement "reports.export_report" as may %}`.

    One query each time. Needs `user` in the context; without it the answer is False.
    """
    user = context.get("user")
    return user is not None and has_entitlement(user, codename)
