"""Sections of the account page that belong to this app."""

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from foundation.web.account_sections import AccountSection

HAS_USER_NAME = get_user_model().get_email_field_name() != get_user_model().USERNAME_FIELD

USER_NAME = AccountSection(_("User name"), _("To sign in with"), "user_name", position=10)

SECTIONS = (
    *([USER_NAME] if HAS_USER_NAME else []),
    AccountSection(_("E-mail address"), _("Where our mails go"), "address", position=11),
    AccountSection(_("Password"), _("Change it here"), "change_password", position=12),
    AccountSection(_("Sessions"), _("Where you are signed in, and how to sign out there"), "sessions", position=13),
    AccountSection(_("Two-factor authentication"), _("A code beside the password"), "two_factor", position=14),
    AccountSection(_("Language and time zone"), _("Of pages and mails"), "account_language", position=20),
    AccountSection(_("Download my data"), _("Everything we store about you, as a file"), "download_data", position=90),
    AccountSection(
        _("Delete my account"), _("Now, or when your last subscription has ended"), "delete_account", position=91
    ),
    AccountSection(_("API tokens"), _("For programs that act for you"), "api_tokens"),
)
