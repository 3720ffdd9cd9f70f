"""Sections of the account page that belong to this app."""

from django.utils.translation import gettext_lazy as _

from foundation.web.account_sections import AccountSection

SECTIONS = (AccountSection(_("API tokens"), _("For programs that act for you"), "api_tokens"),)
