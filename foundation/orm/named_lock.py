"""A lock on a name, for what no unique index can hold: two spellings that mean the same."""

import hashlib

from django.db import connection

from foundation.orm.isolation import IS_STRICT, refuse_strict


def hold(name: str) -> None:
    """Wait until nobody else holds the name, and hold it until the transaction that is open ends.

    PostgreSQL's advisory lock of 64 bits, https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS;
    SQLite's transactions, which are IMMEDIATE, take turns anyway. Raises StrictIsolation.
    """
    if connection.vendor == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {IS_STRICT}, pg_advisory_xact_lock(%s)", [key])
            is_strict, _ = cursor.fetchone()
        refuse_strict(is_strict)
