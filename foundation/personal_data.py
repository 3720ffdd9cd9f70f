"""Personal data of a user: its export and erasure, to which each app contributes its part.

An app registers its parts in `foundation.registries.PERSONAL_DATA`. Parts are exported and erased in the order of
registration, each erasure within one transaction that locks the user's row.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from foundation import registries
from foundation.orm.key import Key

Exported = dict[str, Any]
"""Values that JSON can hold, or that `DjangoJSONEncoder` turns into such: datetimes, decimals, UUIDs."""


@dataclass(frozen=True)
class Erasure:
    """An erasure at work: the user's row as it was, the pseudonym, the old values, and the instant in UTC."""

    user: AbstractBaseUser
    pseudonym: str
    addresses: Collection[str]
    """Spellings of the user's address and of former ones, which are no other account's."""
    names: Collection[str]
    """User name and external id, which may be words of the language. None is empty."""
    now: datetime

    @property
    def old_values(self) -> frozenset[str]:
        """Return the addresses and names, which other rows may repeat."""
        return frozenset((*self.addresses, *self.names))


class PersonalData:
    """A part of what is stored about a user. Each method does nothing unless overridden."""

    def export(self, user: AbstractBaseUser) -> Exported:
        """Return what is stored, for the user to read, by the name of its kind."""
        return {}

    def former_addresses(self, user: AbstractBaseUser) -> Collection[str]:
        """Return addresses that the user has had, as far as the rows still tell. An erasure treats them as the last."""
        return ()

    def erase(self, erasure: Erasure) -> None:
        """Remove or overwrite what names the user. It may have been done before, and the user's row is as it was."""

    def losses(self, user: AbstractBaseUser, now: datetime) -> list[str]:
        """Return a sentence for each thing that the user would lose, in the active language and time zone."""
        return []

    def leave(self, user: AbstractBaseUser, now: datetime) -> None:
        """Stop what would go on, because the user leaves once everything has ended."""

    def kept_until(self, users: Collection[Key], now: datetime) -> Mapping[Key, datetime]:
        """Return the instant before which each user who leaves keeps the account, of those with something that lasts.

        Users are given by primary key. The number of queries does not depend on theirs: all who leave are asked about.
        """
        return {}


def parts() -> Iterator[PersonalData]:
    """Yield the parts of all apps."""
    return registries.PERSONAL_DATA.items(PersonalData)
