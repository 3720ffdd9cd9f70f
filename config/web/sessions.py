"""Sessions in the database, whose key is looked for only if it can be one."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's, but a cookie that is no key opens a session of its own: PostgreSQL refuses a NUL by an error."""

    def _validate_session_key(self, key: str) -> bool:
        valid: bool = super()._validate_session_key(key)  # type: ignore[misc]  # missing in django-stubs
        return valid and key.isascii() and key.isalnum()
