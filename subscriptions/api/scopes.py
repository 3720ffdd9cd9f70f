"""Scopes of API tokens for plans and subscriptions."""

from django.utils.translation import gettext_lazy as _

from foundation.api.scopes import Scope

SUBSCRIPTIONS_READ = "subscriptions:read"
SUBSCRIPTIONS_WRITE = "subscriptions:write"
PLANS_WRITE = "plans:write"
USERS_READ = "users:read"
USERS_WRITE = "users:write"

PLAN_PERMISSIONS = ("subscriptions.add_plan", "subscriptions.change_plan", "subscriptions.delete_plan")

SCOPES = (
    Scope(SUBSCRIPTIONS_READ, _("Read subscriptions"), in_earlier_tokens=True),
    Scope(SUBSCRIPTIONS_WRITE, _("Subscribe, renew, cancel and resume"), in_earlier_tokens=True),
    Scope(USERS_READ, _("Read what users have access to")),
    Scope(USERS_WRITE, _("Set the ids by which services know users"), ("accounts.change_profile",)),
    Scope(PLANS_WRITE, _("Create, change and delete plans"), PLAN_PERMISSIONS),
)
