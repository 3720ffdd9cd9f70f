"""Sections of the account page that belong to this app."""

from foundation.web.account_sections import AccountSection

SECTIONS: tuple[AccountSection, ...] = ()
