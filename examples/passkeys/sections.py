"""Section of the account page."""

from foundation.web.account_sections import AccountSection

SECTIONS = (AccountSection("Passkeys", "Sign in by finger, face or PIN", "passkeys", position=15),)
