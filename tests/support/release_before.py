"""The code of the release before, from the repository's history, and programs that run it or this code."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

_numbers = count(1)
PROJECT = Path(__file__).resolve().parents[2]
COMMIT = "d273369f1fd2cc5ab11ebce8d1c46514ed2898d4"
"""Last commit whose users are those of `django.contrib.auth`."""


@dataclass(frozen=True)
class Release:
    """A checkout, whose programs use the database of this URL."""

    directory: Path
    database_url: str

    def manage(self, *arguments: str) -> str:
        """Run `manage.py` and return its output. Raises CalledProcessError."""
        return self.run("manage.py", *arguments)

    def shell(self, program: str) -> Any:
        """Run the program with Django set up, and return what it prints, which is JSON."""
        return json.loads(self.manage("shell", "--verbosity", "0", "--command", program))

    def run(self, *arguments: str, **variables: str) -> str:
        """Run Python in the checkout and return the output. Raises CalledProcessError."""
        run = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.directory,
            env=self._environment() | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-5000:]
        return run.stdout

    def _environment(self) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTEST_"))}
        return outside | {"DJANGO_LOCAL": "1", "DATABASE_URL": self.database_url, "PYTHONPATH": str(self.directory)}


WITHOUT_GATE = "4b21fa568532b9f44b5768490323e644285f238b"
"""Last commit before there was a gate."""
WITHOUT_MAILS = "b28c0de9e05fe793c8303ea3d7dcd43ae82c6e73"
"""Last commit whose notifications all have an event."""


@contextmanager
def empty_database(directory: Path) -> Iterator[str]:
    """Yield the URL of an empty database of the same kind as the tests', and drop it afterwards."""
    name = f"release_{os.getpid()}_{next(_numbers)}"
    if connection.vendor == "sqlite":
        yield f"sqlite:///{directory / name}.sqlite3"
        return
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    with closing(psycopg.connect(f"{server}/postgres", autocommit=True)) as session:
        session.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield f"{server}/{name}"
        finally:
            session.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def check_out(directory: Path, commit: str = COMMIT) -> Path:
    """Write the code of the commit into the directory. Skips the test in a shallow clone."""
    archive = subprocess.run(
        ["git", "-C", PROJECT, "archive", commit],  # noqa: S607 - whichever git there is
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        pytest.skip(f"{commit} is not in this clone: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(directory, filter="data")
    return directory
