"""Statements that may make work due, judged by their text. What is not known to be harmless may."""

import re
from collections.abc import Collection

READING = re.compile(r"[\s(]*(SELECT|SHOW|SET|SAVEPOINT|RELEASE|ROLLBACK|DECLARE|FETCH|CLOSE)\b", re.IGNORECASE)
"""Statements that change no row. Those that take locks only are among them."""

TARGET = re.compile(
    r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(?P<table>\w+)"?[\s(]',
    re.IGNORECASE,
)

SEVERAL = re.compile(r";\s*\S")
"""Several statements in one text."""


def may_make_due(sql: str, harmless: Collection[str]) -> bool:
    """Return True unless the statement only reads, or changes a harmless table."""
    if SEVERAL.search(sql):
        return True
    if READING.match(sql):
        return False
    target = TARGET.match(sql)
    return target is None or target["table"] not in harmless
