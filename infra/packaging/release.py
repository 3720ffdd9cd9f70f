"""Release to be packaged: the files that git tracks, as in the working tree, and the commit."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from infra.errors import DirtyRelease, NoRepository
from infra.packaging.packaging_environment import PROJECT, SETTINGS_FILE

RECORD = "release.json"
"""Name of the file in the package that identifies the release."""

NEVER_DEPLOYED = ("benchmarks", "docs", "examples", "infra", "tests")
"""Folders in which untracked files do not affect the deployment."""

SHOWN = 10
"""Maximum number of changed files in a message."""


@dataclass(frozen=True)
class Release:
    """Tracked files below `directory`. `changes` are the names of files that differ from the commit."""

    directory: Path
    commit: str
    changes: tuple[str, ...]
    files: tuple[str, ...]

    @classmethod
    def read(cls, directory: Path = PROJECT) -> "Release":
        """Read the release from git, in 20 ms.

        Raises NoRepository if git does not track the project or has no commit.
        """
        tracked = _names(directory, "ls-files")
        if SETTINGS_FILE.name not in tracked:
            raise NoRepository(f"git does not track the files in {directory}. {NoRepository.REMEDY}")
        untracked = [name for name in _names(directory, "ls-files", "--others", "--exclude-standard") if _travels(name)]
        return cls(
            directory,
            commit=_git(directory, "rev-parse", "--verify", "HEAD").strip(),
            changes=tuple(sorted({*_names(directory, "diff", "HEAD", "--name-only", "--relative"), *untracked})),
            files=tuple(sorted(name for name in tracked if (directory / name).is_file())),
        )

    def __str__(self) -> str:
        return _short(self.commit, dirty=bool(self.changes))

    @property
    def record(self) -> bytes:
        """Content of RECORD."""
        return json.dumps({"commit": self.commit, "dirty": bool(self.changes)}, sort_keys=True).encode()

    @property
    def digest(self) -> str:
        """Hash of the record and of each file's name and content."""
        digest = hashlib.sha256(self.record)
        for name in self.files:
            digest.update(f"\0{name}\0".encode())
            digest.update(hashlib.sha256((self.directory / name).read_bytes()).digest())
        return digest.hexdigest()

    def copy_to(self, directory: Path) -> None:
        """Copy the tracked files only."""
        for name in self.files:
            copy = directory / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.directory / name, copy)

    def refuse_changes(self) -> None:
        """Raise DirtyRelease if the working tree differs from the commit."""
        if self.changes:
            names = "\n".join(f"- {name}" for name in _shortened(self.changes))
            raise DirtyRelease(f"These files differ from commit {self.commit[:12]}:\n{names}\n{DirtyRelease.REMEDY}")


def recorded_commit(package: Path) -> str:
    """Return the abbreviated commit in a package's record. Raises KeyError if there is none."""
    with ZipFile(package) as zipped:
        record = json.loads(zipped.read(RECORD))
    return _short(record["commit"], dirty=record["dirty"])


def _short(commit: str, *, dirty: bool) -> str:
    return commit[:12] + (", dirty" if dirty else "")


def _travels(name: str) -> bool:
    """Return True for an untracked file in a deployed folder, which may be meant to be deployed."""
    return "/" in name and name.partition("/")[0] not in NEVER_DEPLOYED


def _shortened(names: tuple[str, ...]) -> Iterator[str]:
    yield from names[:SHOWN]
    if len(names) > SHOWN:
        yield f"{len(names) - SHOWN} more"


def _names(directory: Path, *command: str) -> list[str]:
    return [name for name in _git(directory, *command, "-z").split("\0") if name]


def _git(directory: Path, *command: str) -> str:
    # Git hooks set variables that name their repository. safe.directory allows a checkout owned by another user.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    question = ("git", "-c", f"safe.directory={directory}", "-c", "core.fsmonitor=false", *command)
    try:
        finished = subprocess.run(  # noqa: S603 - git
            question, cwd=directory, env=variables, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise NoRepository(f"git is not installed. {NoRepository.REMEDY}") from error
    if finished.returncode:
        raise NoRepository(f"git {command[0]}: {finished.stderr.strip()}. {NoRepository.REMEDY}")
    return finished.stdout
