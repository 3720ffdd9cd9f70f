"""Texts of the notices to an account's owner that something which guards it has changed. None holds a secret."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import mails
from accounts.mail_composition import Link, compose
from accounts.models import User
from accounts.preferences import language_of
from foundation.mail import MailKind, Rendered


@dataclass(frozen=True)
class Notice:
    """What has happened, and what follows from it."""

    subject: Promise
    explanation: Promise

    def render(self, address: str, user_id: str | None, now: datetime) -> Rendered | None:
        """Render the notice in the owner's language; None if the account is gone or deactivated."""
        user = active_user(user_id)
        if user is None:
            return None
        with translation.override(language_of(user)):
            return compose_notice(str(self.subject), str(self.explanation))


def compose_notice(subject: str, explanation: str) -> Rendered:
    """Return a mail that says what to do if it was somebody else."""
    reset = Link(_("Choose a new password"), f"{settings.SITE_URL}/password-reset/")
    return compose(subject, [explanation, _("If it was not you, choose a new password and contact us:")], [reset])


def active_user(user_id: str | None) -> User | None:
    """Return the active user with this key, or None."""
    if user_id is None:
        return None
    found: User | None = get_user_model()._base_manager.filter(pk=user_id, is_active=True).first()
    return found


PASSWORD_CHANGED = Notice(
    gettext_lazy("Your password has changed"),
    gettext_lazy("The password of your account has been changed. You are signed out everywhere else."),
)
TWO_FACTOR_ON = Notice(
    gettext_lazy("Two-factor authentication is on"),
    gettext_lazy("Signing in now takes a code beside the password. You are signed out everywhere else."),
)
TWO_FACTOR_OFF = Notice(
    gettext_lazy("Two-factor authentication is off"),
    gettext_lazy("The password alone now signs in to your account."),
)
SECOND_FACTOR_REMOVED = Notice(
    gettext_lazy("Your second factor was removed"),
    gettext_lazy(
        "We have removed the second factor of your account, as was asked for. You are signed out everywhere, and the "
        "password alone signs in."
    ),
)
NEW_RECOVERY_CODES = Notice(
    gettext_lazy("You have new recovery codes"),
    gettext_lazy("New recovery codes were made for your account. Those from before no longer work."),
)
TOKEN_CREATED = Notice(
    gettext_lazy("You have a new API token"),
    gettext_lazy("An API token was created for your account. A program that has it acts for you until it ends."),
)

KINDS = (
    MailKind(mails.PASSWORD_CHANGED, gettext_lazy("Notice of a changed password"), PASSWORD_CHANGED.render),
    MailKind(mails.TWO_FACTOR_ON, gettext_lazy("Notice of a new second factor"), TWO_FACTOR_ON.render),
    MailKind(mails.TWO_FACTOR_OFF, gettext_lazy("Notice of a second factor turned off"), TWO_FACTOR_OFF.render),
    MailKind(
        mails.SECOND_FACTOR_REMOVED, gettext_lazy("Notice of a removed second factor"), SECOND_FACTOR_REMOVED.render
    ),
    MailKind(mails.NEW_RECOVERY_CODES, gettext_lazy("Notice of new recovery codes"), NEW_RECOVERY_CODES.render),
    MailKind(mails.TOKEN_CREATED, gettext_lazy("Notice of a new API token"), TOKEN_CREATED.render),
)
