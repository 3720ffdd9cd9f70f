"""Isolation of a function's process from the rest of this machine's files."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

from infra.lambda_local.lifetime import RemovedWithThisProcess

TASK_ROOT = Path("/var/task")
"""The path of a function's code on Lambda."""

RUNTIME_ROOT = Path("/var/runtime")
TEMPORARY = Path("/tmp")  # noqa: S108 - the function's own one
TEMPORARY_MEGABYTES = 512
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"""

INTERPRETER = Path(sys.executable).resolve()
"""The one that the virtual environment was made from, which knows nothing of the environment's packages."""

PROBE_SECONDS = 120

# /var is covered with a directory of the process's own, so that Lambda's paths need not exist on this machine.
SCRIPT = f"""
set -e
mount -t tmpfs -o mode=755,size=1m tmpfs /var
mkdir {TASK_ROOT} {RUNTIME_ROOT}
mount --bind "$1" {TASK_ROOT}
mount -o remount,bind,ro {TASK_ROOT}
mount --bind "$2" {RUNTIME_ROOT}
mount -o remount,bind,ro {RUNTIME_ROOT}
mount -t tmpfs -o mode=1777,size={TEMPORARY_MEGABYTES}m tmpfs {TEMPORARY}
cd {TASK_ROOT}
unset OLDPWD
shift 2
exec "$@"
"""


@dataclass(frozen=True)
class Confined:
    """An isolated process: the paths of its code and runtime, and the command that starts it."""

    task_root: Path
    runtime_root: Path
    command: list[str]
    working_directory: Path
    variables: dict[str, str] = field(default_factory=dict)
    """Additional variables of its environment."""
    files: RemovedWithThisProcess | None = None
    """Files to remove when the process has ended."""


class Confinement(Protocol):
    """A way to start a process over an unpacked package."""

    @property
    def description(self) -> str:
        """Return words for the terminal."""

    def confine(self, package: Path, runtime: Path, command: Sequence[str]) -> Confined:
        """Prepare the start of `command`."""


@dataclass(frozen=True)
class OwnMounts:
    """Lambda's own paths, read-only code and a private /tmp, by a Linux mount namespace."""

    unshare: tuple[str, ...]
    description: str = "read-only code in /var/task, a private /tmp"

    def confine(self, package: Path, runtime: Path, command: Sequence[str]) -> Confined:
        """Prepare the start of `command`."""
        mounted = ["/bin/sh", "-c", SCRIPT, "sh", str(package.resolve()), str(runtime)]
        return Confined(TASK_ROOT, RUNTIME_ROOT, [*self.unshare, *mounted, *command], working_directory=Path("/"))


@dataclass(frozen=True)
class SharedMounts:
    """This machine's paths, for want of a mount namespace: TMPDIR is private, /tmp is not."""

    description: str = "less isolation, for want of a mount namespace: code where it was unpacked, TMPDIR for /tmp"

    def confine(self, package: Path, runtime: Path, command: Sequence[str]) -> Confined:
        """Prepare the start of `command`."""
        temporary = Path(tempfile.mkdtemp(prefix="function-"))
        files = RemovedWithThisProcess([temporary])
        return Confined(package, runtime, list(command), package, {"TMPDIR": str(temporary)}, files)


@cache
def confinement() -> Confinement:
    """Return the strongest isolation that this machine permits, found by trying."""
    mounting = ("--mount", "--propagation=private", "--")
    as_itself = OwnMounts(("unshare", *mounting))
    as_its_own_root = OwnMounts(("unshare", "--user", "--map-root-user", *mounting))
    candidates = [as_itself, as_its_own_root] if os.geteuid() == 0 else [as_its_own_root]
    return next((candidate for candidate in candidates if _works(candidate)), SharedMounts())


def _works(candidate: OwnMounts) -> bool:
    # An empty directory, since in a user namespace of its own nobody may bind one that others are mounted in.
    with tempfile.TemporaryDirectory() as empty:
        command = candidate.confine(Path(empty), Path(empty), [str(INTERPRETER), "-S", "-c", "pass"]).command
        try:
            tried = subprocess.run(command, capture_output=True, timeout=PROBE_SECONDS, check=False)  # noqa: S603
        except OSError:  # there is no such program
            return False
        return tried.returncode == 0
