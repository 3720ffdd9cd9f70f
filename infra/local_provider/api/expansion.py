"""Expansion of ids into objects: https://docs.stripe.com/api/expanding_objects"""

from collections.abc import Iterable
from typing import Any

from infra.local_provider.errors import Refused
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body

DEEPEST = 4


def expand(books: Transaction, body: Body, paths: Iterable[str]) -> Body:
    """Return the body with these members expanded. Raises Refused for a member that is none."""
    for path in paths:
        names = path.split(".")
        if len(names) > DEEPEST:
            raise Refused(f"You cannot expand more than {DEEPEST} levels of a property: {path}")
        _expand(books, body, names, path)
    return body


def _expand(books: Transaction, found: Any, names: list[str], path: str) -> None:
    if not names or found is None:
        return
    if isinstance(found, list):
        for inner in found:
            _expand(books, inner, names, path)
        return
    name, *rest = names
    if not isinstance(found, dict) or name not in found:
        raise Refused(f"This property cannot be expanded ({path}).", param="expand")
    if isinstance(found[name], str):
        found[name] = books.find(found[name])
        if found[name] is None:
            raise Refused(f"This property cannot be expanded ({path}).", param="expand")
    _expand(books, found[name], rest, path)
