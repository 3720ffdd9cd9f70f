"""Lock on a name, for uniqueness that no index can express: two spellings with the same meaning."""

import hashlib

from django.db import connection

from foundation.orm.isolation import IS_STRICT, refuse_strict


def hold(name: str) -> None:
    """Wait for the lock on the name, and hold it until the current transaction ends.

    PostgreSQL's 64-bit advisory lock, https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS;
    SQLite's IMMEDIATE transactions are serial anyway. Raises StrictIsolation.
    """
    if connection.vendor == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {IS_STRICT}, pg_advisory_xact_lock(%s)", [key])
            is_strict, _ = cursor.fetchone()
        refuse_strict(is_strict)
