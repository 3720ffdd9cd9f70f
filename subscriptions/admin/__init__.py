"""Admin pages of plans, subscriptions and groups; importing this package registers them."""

from django.utils.translation import gettext_lazy as _

from accounts.admin.extensions import AccountLink, add_link
from subscriptions.admin import groups, subscriptions

__all__ = ["groups", "subscriptions"]

add_link(AccountLink(_("Access"), "admin:explain_access", "subscriptions.view_subscription"))
add_link(AccountLink(_("Preview"), "admin:preview_subscriptions", "subscriptions.view_subscription"))
add_link(AccountLink(_("Subscribe to a plan"), "admin:subscribe_user", "subscriptions.add_subscription"))
