"""Search of the whole database, by its own catalogue and not by the models."""

import base64
import json
from collections.abc import Collection, Iterator

from django.contrib.sessions.models import Session
from django.db import connection


def tables_with(values: Collection[str]) -> dict[str, set[str]]:
    """Return the tables, each with the values that any column of any row contains in any case, escaped or not."""
    found = {table: _found_in(_texts(table), values) for table in connection.introspection.table_names()}
    found["decoded sessions"] = _found_in(_sessions(), values)
    return {table: which for table, which in found.items() if which}


def _texts(table: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of the catalogue
        for row in cursor.fetchall():
            yield from (_text(value) for value in row if value is not None)


def _text(value: object) -> str:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)


def _sessions() -> Iterator[str]:
    for session in Session.objects.all():
        yield json.dumps(session.get_decoded(), ensure_ascii=False)


def _found_in(texts: Iterator[str], values: Collection[str]) -> set[str]:
    forms = {form.lower(): value for value in values for form in _forms(value)}
    return {value for text in texts for form, value in forms.items() if form in text.lower()}


def _forms(value: str) -> set[str]:
    encoded = base64.b64encode(value.encode()).decode().rstrip("=")
    return {value, json.dumps(value)[1:-1], encoded}
