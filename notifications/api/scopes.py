"""Scopes of API tokens for notifications."""

from django.utils.translation import gettext_lazy as _

from foundation.api.scopes import Scope

EVENTS_READ = "events:read"
NOTIFICATIONS_READ = "notifications:read"
NOTIFICATIONS_WRITE = "notifications:write"

SCOPES = (
    Scope(EVENTS_READ, _("Read the events of all subscriptions"), ("subscriptions.view_subscriptionevent",)),
    Scope(NOTIFICATIONS_READ, _("Read the mails that were sent, and the preferences"), in_earlier_tokens=True),
    Scope(NOTIFICATIONS_WRITE, _("Change the preferences for mails"), in_earlier_tokens=True),
)
