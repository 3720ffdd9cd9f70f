"""Redaction of old values in free text, as a user's erasure needs it."""

import json
import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from django.db.models import JSONField, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from foundation.personal_data import Erasure

MOST_MENTIONS = 100
"""Rows up to which a name is replaced. What more rows contain is a word, which anybody may choose as a user name."""


def redact(rows: QuerySet[Any], columns: Collection[str], erasure: Erasure) -> None:
    """Replace addresses, and names that are no words, in these columns of text, or of JSON, that people wrote."""
    redact_addresses(rows, columns, erasure)
    for name in erasure.names:
        keys = list(islice(_keys_with(rows, columns, [name]), MOST_MENTIONS + 1))
        if len(keys) <= MOST_MENTIONS:
            _replace(rows, keys, columns, [name], erasure.pseudonym)


def redact_addresses(rows: QuerySet[Any], columns: Collection[str], erasure: Erasure) -> None:
    """Replace addresses in these columns, which programs read: a name may be a word that means something to them."""
    keys = list(_keys_with(rows, columns, erasure.addresses))
    _replace(rows, keys, columns, erasure.addresses, erasure.pseudonym)


def mentions(column: str, values: Collection[str]) -> Q:
    """Return the condition that the text contains one of the values in any case, as it is or as JSON escapes it.

    It may also hold for longer words, which `redacted` leaves alone.
    """
    return Q(*((f"{column}__icontains", form) for form in sorted(_forms(values))), _connector=Q.OR)


def redacted(text: str, values: Collection[str], replacement: str) -> str:
    """Return the text with each value replaced where it is no part of a longer name or address."""
    for form in sorted(_forms(values), key=len, reverse=True):
        text = re.sub(rf"(?<![\w@]){re.escape(form)}(?![\w@])", replacement, text, flags=re.IGNORECASE)
    return text


def _keys_with(rows: QuerySet[Any], columns: Collection[str], values: Collection[str]) -> Iterator[Key]:
    """Yield the keys of the rows in which a value is to be replaced."""
    if not values:
        return
    read = {f"{column}_read": Cast(column, TextField()) for column in columns}
    found = rows.alias(**read).filter(Q(*(mentions(column, values) for column in read), _connector=Q.OR))
    for row in found.only("pk", *columns).iterator():
        if any(_redacted_value(row, column, values, "") != getattr(row, column) for column in columns):
            yield row.pk


def _replace(
    rows: QuerySet[Any], keys: Collection[Key], columns: Collection[str], values: Collection[str], replacement: str
) -> None:
    """Replace the values under a lock, so that what somebody writes meanwhile is not undone."""
    for row in rows.filter(any_of("pk", keys)).order_by("pk").select_for_update(of=("self",), no_key=True):
        texts = {column: _redacted_value(row, column, values, replacement) for column in columns}
        rows.model._base_manager.filter(pk=row.pk).update(**texts)


def _redacted_value(row: Model, column: str, values: Collection[str], replacement: str) -> Any:
    field, value = row._meta.get_field(column), getattr(row, column)
    if isinstance(field, JSONField):
        return _redacted_json(value, values, replacement)
    return redacted(value, values, replacement)[: getattr(field, "max_length", None)]


def _redacted_json(value: Any, values: Collection[str], replacement: str) -> Any:
    match value:
        case str():
            return redacted(value, values, replacement)
        case list():
            return [_redacted_json(each, values, replacement) for each in value]
        case dict():
            return {key: _redacted_json(each, values, replacement) for key, each in value.items()}
        case _:
            return value


def _forms(values: Collection[str]) -> set[str]:
    return {form for value in values for form in (value, json.dumps(value)[1:-1])}
