"""Type of a primary key; a user's depends on `AUTH_USER_MODEL`."""

from uuid import UUID

Key = int | str | UUID
