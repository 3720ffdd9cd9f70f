"""Registry of what other apps add to an account's admin page. They fill it in when their own admin is loaded."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.utils.functional import Promise

GroupNames = Callable[[], Collection[str]]


@dataclass(frozen=True)
class AccountLink:
    """A link to an admin view that takes the account's primary key, for holders of the permission."""

    label: str | Promise
    view: str
    """As `admin:explain_access`."""
    permission: str
    """As `app.codename`."""


_links: list[AccountLink] = []
_managed_groups: list[GroupNames] = []


def add_link(link: AccountLink) -> None:
    """Show the link on each account's page. Adding it again changes nothing."""
    if link not in _links:
        _links.append(link)


def links_for(operator: AbstractUser | AnonymousUser) -> list[AccountLink]:
    """Return the links that the operator has the permission for."""
    return [link for link in _links if operator.has_perm(link.permission)]


def manage_groups(names: GroupNames) -> None:
    """Leave the groups of these names out of the form: an app alone decides their members."""
    if names not in _managed_groups:
        _managed_groups.append(names)


def managed_group_names() -> set[str]:
    """Return the names of all groups whose members an app decides."""
    return {name for names in _managed_groups for name in names()}
