"""Registry of what other apps add to an account's admin page. They fill it in when their own admin is loaded."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.utils.functional import Promise


@dataclass(frozen=True)
class AccountLink:
    """A link to an admin view that takes the account's primary key, for holders of the permission."""

    label: str | Promise
    view: str
    """As `admin:explain_access`."""
    permission: str
    """As `app.codename`."""


_links: list[AccountLink] = []


def add_link(link: AccountLink) -> None:
    """Show the link on each account's page. Adding it again changes nothing."""
    if link not in _links:
        _links.append(link)


def links_for(operator: AbstractUser | AnonymousUser) -> list[AccountLink]:
    """Return the links that the operator has the permission for."""
    return [link for link in _links if operator.has_perm(link.permission)]
