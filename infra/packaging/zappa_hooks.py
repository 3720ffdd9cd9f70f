"""Functions that zappa_settings.json names, and that Zappa calls whenever it packages: `package`, `deploy`, `update`.

They run in the packaging environment, so they import nothing that is not in requirements.txt.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from click import ClickException

from infra.errors import InfraError
from infra.packaging.package_check import check_package
from infra.packaging.package_contents import PackageContents
from infra.packaging.package_writer import write_package
from infra.packaging.packaging_environment import PROJECT, PackagingEnvironment

if TYPE_CHECKING:
    from zappa.cli import ZappaCLI


IGNORED = (
    "drf_spectacular",  # pages that this site does not have
    "rest_framework",
    "jquery.js",  # the admin takes the shortened ones unless DEBUG is set
    "select2.css",
    "select2.full.js",
    "xregexp.js",
)
"""Patterns of static files that no page of the deployed site asks for."""


def prepare() -> None:
    """Before Zappa packages: refuse an environment with more than the requirements, and collect static files."""
    _environment()
    subprocess.run(  # noqa: S603 - Django's own command
        [sys.executable, "manage.py", "collectstatic", "--clear", "--no-input", "--verbosity=0"]
        + [f"--ignore={pattern}" for pattern in IGNORED],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "infra.packaging.packaged_settings"},
        check=True,
    )
    _sort(PROJECT / "build" / "static" / "staticfiles.json")


def finish(zappa: "ZappaCLI") -> None:
    """After Zappa packaged: make its zip into the one that is deployed, and refuse one that would not work."""
    package = Path(zappa.zip_path)
    write_package(package, PackageContents(_environment().site_packages))
    problems = check_package(package)
    if problems:
        raise ClickException("\n".join(map(str, problems)))


def _sort(manifest: Path) -> None:
    # Its order is that of the files on the disk, which differs between machines.
    manifest.write_text(json.dumps(json.loads(manifest.read_text()), sort_keys=True))


def _environment() -> PackagingEnvironment:
    try:
        return PackagingEnvironment.active()
    except InfraError as error:
        raise ClickException(str(error)) from error
