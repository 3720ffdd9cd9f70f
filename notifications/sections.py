"""Sections of the account page that belong to this app."""

from django.utils.translation import gettext_lazy as _

from foundation.web.account_sections import AccountSection

SECTIONS = (
    AccountSection(_("E-mail settings"), _("Which mails we send you"), "notification_preferences", position=21),
)
