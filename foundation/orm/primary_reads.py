"""Reads of the primary database, whatever the project's routers say: a replica may lag behind what is committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import Model

_is_asked: ContextVar[bool] = ContextVar("reads of the primary database", default=False)


class _PrimaryReads:
    """Router that answers within `primary_reads` only, and leaves everything else to the next one."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return DEFAULT_DB_ALIAS if _is_asked.get() else None


_ROUTER = _PrimaryReads()


@contextmanager
def primary_reads() -> Iterator[None]:
    """Let all queries of this thread that name no database read the primary one. A context and a decorator.

    DATABASE_ROUTERS is the project's own, so that ours goes before it on the first use.
    https://docs.djangoproject.com/en/stable/topics/db/multi-db/#using-routers
    """
    if _ROUTER not in router.routers:
        router.routers.insert(0, _ROUTER)
    token = _is_asked.set(True)
    try:
        yield
    finally:
        _is_asked.reset(token)
