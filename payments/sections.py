"""Sections of the account page that belong to this app."""

from django.utils.translation import gettext_lazy as _

from foundation.web.account_sections import AccountSection

SECTIONS = (
    AccountSection(_("Payments"), _("What you have paid, and what is still open"), "payments"),
    AccountSection(_("Payment method"), _("Your card, and what renews automatically"), "payment_method"),
)
