"""Database sessions that look up a key only if it is well-formed."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's session store, which treats a malformed key as no session: PostgreSQL raises an error for a NUL."""

    def _validate_session_key(self, key: str) -> bool:
        valid: bool = super()._validate_session_key(key)  # type: ignore[misc]  # missing in django-stubs
        return valid and key.isascii() and key.isalnum()
