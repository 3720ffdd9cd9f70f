"""Texts of the mails of accounts but the notices. None holds anything that a visitor typed.

Each renderer takes the recipient's address, the user's key and the time, and returns None if the mail is obsolete.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.address_holders import address_holders
from accounts.links import change_url, reset_url, sign_up_url
from accounts.mail_composition import Link, compose
from accounts.mail_limits import language_of_request
from accounts.mails import ADDRESS_CHANGED, CHANGE_ADDRESS, PASSWORD_RESET, SIGN_UP
from accounts.models import User
from accounts.notice_texts import active_user, compose_notice
from accounts.preferences import language_of
from foundation.email_addresses import address_of, normalised
from foundation.mail import LINK, MailKind, Rendered


def sign_up(address: str, user_id: str | None, now: datetime) -> Rendered:
    """Render the confirmation of an address, or what an address with an account is told instead."""
    with translation.override(_language(SIGN_UP, address)):
        holders = list(address_holders(address)[:2])
        return _has_account(holders) if holders else _confirm(address)


def password_reset(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Render the link for the active account with this address and a password; None if there is none.

    Of several, which only earlier releases allowed, it is the one that signed in last.
    """
    holders = address_holders(address).filter(is_active=True).order_by(F("last_login").desc(nulls_last=True), "pk")
    users = [user for user in holders if user.has_usable_password()]
    if not users:
        return None
    with translation.override(_language(PASSWORD_RESET, address)):
        return compose(
            _("Choose a new password"),
            [_("Somebody, probably you, asked for a new password. Open the link to choose one:")],
            [Link(_reset_text(users), LINK)],
            [
                _("The link works once, within an hour."),
                _("If you did not ask for it, ignore this mail. Your password stays as it is."),
            ],
            make_link=lambda: reset_url(users[0]),
        )


def change_address(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Render the confirmation of a new address; None if the address is another's by now.

    If the account is gone, the link is that of a sign-up: the mail is counted, and may be the last of the day.
    """
    user = active_user(user_id)
    if user is None:
        return sign_up(address, None, now)
    if address_holders(address).exclude(pk=user.pk).exists():
        return None
    with translation.override(_language(SIGN_UP, address)):
        return compose(
            _("Confirm your new address"),
            [_("Somebody, probably you, asked for mails to this address. Open the link to confirm that it is yours:")],
            [Link(_("Confirm the address"), LINK)],
            [_validity(), _("If you did not ask for it, ignore this mail. You will get no other.")],
            make_link=lambda: change_url(user, address),
        )


def address_changed(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Render the notice to the old address; None if it is the account's again."""
    user = active_user(user_id)
    if user is None or normalised(address_of(user)) == normalised(address):
        return None
    with translation.override(language_of(user)):
        return compose_notice(
            _("Your address has changed"),
            _("Your account has another e-mail address now. Mails no longer come to this one."),
        )


def _confirm(address: str) -> Rendered:
    return compose(
        _("Confirm your address"),
        [_("Somebody, probably you, signed up with this address. Open the link to confirm that it is yours:")],
        [Link(_("Confirm the address"), LINK)],
        [_validity(), _("If you did not sign up, ignore this mail. Without a confirmation there is no account.")],
        make_link=lambda: sign_up_url(address),
    )


def _has_account(holders: Sequence[User]) -> Rendered:
    explanation = _("Somebody, probably you, signed up with this address, which has an account already.")
    if not any(user.is_active for user in holders):
        return compose(_("You have an account already"), [explanation, _("It is deactivated. Please contact us.")])
    return compose(
        _("You have an account already"),
        [explanation, _("Sign in with it, or choose a new password if you have forgotten yours:")],
        [
            Link(_("Sign in"), f"{settings.SITE_URL}/sign-in/"),
            Link(_("Choose a new password"), f"{settings.SITE_URL}/password-reset/"),
        ],
        [_("If it was not you, ignore this mail. Nothing has changed.")],
    )


def _validity() -> str:
    return _("The link is valid for three days.")


def _reset_text(users: Sequence[User]) -> str:
    if len(users) == 1:
        return _("Choose a new password")
    return _("Choose a new password for %(name)s") % {"name": users[0].get_username()}


def _language(kind: str, address: str) -> str:
    return language_of_request(kind, address) or settings.LANGUAGE_CODE


KINDS = (
    MailKind(SIGN_UP, gettext_lazy("Confirmation of an address"), sign_up),
    MailKind(PASSWORD_RESET, gettext_lazy("Reset of a password"), password_reset),
    MailKind(CHANGE_ADDRESS, gettext_lazy("Confirmation of a new address"), change_address, is_to_own_address=False),
    MailKind(ADDRESS_CHANGED, gettext_lazy("Notice of a changed address"), address_changed),
)
