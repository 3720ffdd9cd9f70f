"""Redaction of old values in free text, as a user's erasure needs it."""

import json
import re
from collections.abc import Collection
from typing import Any

from django.db.models import JSONField, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from foundation.personal_data import Erasure


def redact(rows: QuerySet[Any], names: Collection[str], erasure: Erasure) -> None:
    """Replace the old values in the named columns of the rows, which hold text, or JSON of texts.

    The rows are locked, so that what somebody writes meanwhile is not undone.
    """
    if not erasure.old_values:
        return
    read = {f"{name}_read": Cast(name, TextField()) for name in names}
    found = rows.alias(**read).filter(Q(*(mentions(name, erasure.old_values) for name in read), _connector=Q.OR))
    for row in found.order_by("pk").select_for_update(of=("self",), no_key=True):
        texts = {name: _redacted_value(row, name, erasure) for name in names}
        rows.model._base_manager.filter(pk=row.pk).update(**texts)


def mentions(field: str, values: Collection[str]) -> Q:
    """Return the condition that the text field contains one of the values in any case, as it is or as JSON escapes it.

    It may also hold for longer words, which `redacted` leaves alone.
    """
    return Q(*((f"{field}__icontains", form) for form in sorted(_forms(values))), _connector=Q.OR)


def redacted(text: str, values: Collection[str], replacement: str) -> str:
    """Return the text with each value replaced where it is no part of a longer name or address."""
    for form in sorted(_forms(values), key=len, reverse=True):
        text = re.sub(rf"(?<![\w@]){re.escape(form)}(?![\w@])", replacement, text, flags=re.IGNORECASE)
    return text


def _redacted_value(row: Model, name: str, erasure: Erasure) -> Any:
    field, value = row._meta.get_field(name), getattr(row, name)
    if isinstance(field, JSONField):
        return _redacted_json(value, erasure)
    return redacted(value, erasure.old_values, erasure.pseudonym)[: getattr(field, "max_length", None)]


def _redacted_json(value: Any, erasure: Erasure) -> Any:
    match value:
        case str():
            return redacted(value, erasure.old_values, erasure.pseudonym)
        case list():
            return [_redacted_json(each, erasure) for each in value]
        case dict():
            return {key: _redacted_json(each, erasure) for key, each in value.items()}
        case _:
            return value


def _forms(values: Collection[str]) -> set[str]:
    return {form for value in values for form in (value, json.dumps(value)[1:-1])}
