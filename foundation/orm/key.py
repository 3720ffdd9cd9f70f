"""Type of a primary key; a user's depends on `AUTH_USER_MODEL`."""

from uuid import UUID

Key = int | str | UUID


def in_json(key: Key) -> int | str:
    """Return a primary key as JSON has it."""
    return key if isinstance(key, int) else str(key)
