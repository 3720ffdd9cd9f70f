"""The type of a primary key; that of users depends on the model that `AUTH_USER_MODEL` names."""

from uuid import UUID

Key = int | str | UUID
