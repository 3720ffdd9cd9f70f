"""Database for every run: filled once and copied for each run, so that runs do not affect each other."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.program import run_program
from infra.postgresql import PostgreSQL
from infra.shared_memory import fastest_directory

Fresh = Callable[[], AbstractContextManager[str]]
"""Yield a copy of the filled database as its `DATABASE_URL`."""

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"

FILLER = "benchmarks.sweep.fill"
ROOM = 8 << 30
"""Bytes, for the largest backlog and its copy."""


@contextmanager
def sqlite_ground(due: int) -> Iterator[Fresh]:
    """Yield a factory for SQLite files with this many due subscriptions, in memory if there is enough."""
    with tempfile.TemporaryDirectory(dir=fastest_directory(ROOM)) as directory:
        filled, used = Path(directory) / "filled.sqlite3", Path(directory) / "used.sqlite3"
        run_program(FILLER, str(due), DATABASE_URL=f"sqlite:///{filled}")

        @contextmanager
        def fresh() -> Iterator[str]:
            shutil.copyfile(filled, used)
            yield f"sqlite:///{used}"
            for file in used.parent.glob(f"{used.name}*"):
                file.unlink()

        yield fresh


@contextmanager
def postgresql_ground(server: PostgreSQL, due: int, each: int = 1) -> Iterator[Fresh]:
    """Yield a factory for databases with this many due subscriptions, `each` per user."""
    filled = f"filled_{due}_{each}"
    address, _, _ = server.url.rpartition("/")
    with _database(server, filled):
        run_program(FILLER, str(due), str(each), DATABASE_URL=f"{address}/{filled}")

        @contextmanager
        def fresh() -> Iterator[str]:
            with _database(server, name := f"used_{next(_numbers)}", template=filled):
                yield f"{address}/{name}"

        yield fresh


@contextmanager
def grounds(database: str) -> Iterator[Callable[[int], AbstractContextManager[Fresh]]]:
    """Yield the factory function for this kind of database."""
    if database == SQLITE:
        yield sqlite_ground
        return
    with PostgreSQL(ROOM) as server:
        yield partial(postgresql_ground, server)


_numbers = count(1)


@contextmanager
def _database(server: PostgreSQL, name: str, template: str = "template1") -> Iterator[None]:
    identifiers = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    create = "CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL(create).format(**identifiers))
        try:
            yield
        finally:
            connection.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**identifiers))
