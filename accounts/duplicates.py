"""Accounts that share a name or an address with an older one, and are exempt from being unique for that reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Lower

UNIQUE_FIELDS = ("email", "username")
BATCH_SIZE = 500


@dataclass(frozen=True)
class Duplicate:
    """An account, by primary key, with the value that the `field` of an older one has, in whatever capitalisation."""

    account: int
    older: int
    field: str


def find_duplicates(accounts: QuerySet[Any], field: str) -> Iterator[Duplicate]:
    """Yield the duplicates among these accounts by primary key. An empty value is none."""
    keyed = accounts.exclude(**{field: ""}).annotate(shared=Lower(field))
    held_twice = keyed.order_by().values("shared").annotate(holders=Count("pk")).filter(holders__gt=1)
    oldest: dict[str, int] = {}
    for account, shared in (
        keyed.filter(shared__in=held_twice.values("shared")).order_by("pk").values_list("pk", "shared")
    ):
        older = oldest.setdefault(shared, account)
        if older != account:
            yield Duplicate(account, older, field)


def exempt_duplicates(accounts: QuerySet[Any], field: str) -> None:
    """Exempt the duplicates among these accounts, in batches, so that a constraint can be added."""
    unique = accounts.filter(exempt_from_uniqueness=False)
    keys = [duplicate.account for duplicate in find_duplicates(unique, field)]
    for start in range(0, len(keys), BATCH_SIZE):
        unique.filter(pk__in=keys[start : start + BATCH_SIZE]).update(exempt_from_uniqueness=True)


def end_exemptions(accounts: QuerySet[Any]) -> int:
    """Make each exempt account unique that shares nothing with another unique one. Return how many."""
    return sum(
        _end_exemption(accounts.filter(pk=pk)) for pk in _exempt(accounts).order_by("pk").values_list("pk", flat=True)
    )


def _exempt(accounts: QuerySet[Any]) -> QuerySet[Any]:
    return accounts.filter(exempt_from_uniqueness=True)


def _end_exemption(account: QuerySet[Any]) -> int:
    # The constraints decide, so that nothing written meanwhile is overlooked.
    try:
        with transaction.atomic(using=account.db):
            return _exempt(account).update(exempt_from_uniqueness=False)
    except IntegrityError:
        return 0
