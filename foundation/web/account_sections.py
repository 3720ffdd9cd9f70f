"""Sections of the account page, which apps register in `foundation.registries.ACCOUNT_SECTIONS`."""

from dataclasses import dataclass

from django.utils.functional import Promise

from foundation import registries


@dataclass(frozen=True)
class AccountSection:
    """A link of the account page, with its title and a sentence on what its page is for."""

    title: str | Promise
    description: str | Promise
    view: str
    """URL name of the page, which takes no arguments."""
    position: int = 50
    """Place among the sections; those of one place stand in the order of registration."""


def account_sections() -> list[AccountSection]:
    """Return the sections of all apps in the order of the page."""
    return sorted(registries.ACCOUNT_SECTIONS.items(AccountSection), key=lambda section: section.position)
