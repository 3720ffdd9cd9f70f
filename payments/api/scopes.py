"""Scopes of API tokens for payments."""

from django.utils.translation import gettext_lazy as _

from foundation.api.scopes import Scope

PAYMENTS_READ = "payments:read"
PAYMENTS_WRITE = "payments:write"

SCOPES = (
    Scope(PAYMENTS_READ, _("Read orders and payments")),
    Scope(PAYMENTS_WRITE, _("Order periods and refund payments")),
)
