"""The code of the release before, from the repository's history, and programs that run it or this code."""

import io
import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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


def check_out(directory: Path) -> Path:
    """Write the code of the release before into the directory. Skips the test in a shallow clone."""
    archive = subprocess.run(
        ["git", "-C", PROJECT, "archive", COMMIT],  # noqa: S607 - whichever git there is
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        pytest.skip(f"{COMMIT} is not in this clone: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(directory, filter="data")
    return directory
