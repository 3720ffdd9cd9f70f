"""Functions that zappa_settings.json names, and that Zappa calls: with each command, and when it packages.

Zappa loads this file by itself, in the operator's environment: whatever is installed there, what is uploaded is the
checked zip of `make package`. So this imports nothing but the standard library and what stands on that alone.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from click import ClickException

from infra.errors import InfraError
from infra.packaging.packaging_environment import BUILD, SETTINGS_FILE, PackagingEnvironment
from infra.packaging.release import Release

if TYPE_CHECKING:
    from zappa.cli import ZappaCLI

UPLOADING = ("deploy", "update")
"""Zappa's commands that upload the package."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def refuse_other_region(zappa: "ZappaCLI") -> None:
    """After Zappa read the settings: refuse a shell whose region some of its clients take before the stage's."""
    session = zappa.zappa.boto_session
    if session is None:  # `zappa package` asks nothing of AWS
        return
    region, shell = zappa.stage_config.get("aws_region"), session.region_name
    if shell != region:
        raise ClickException(
            f"The shell says {shell}, and {zappa.api_stage} is in {region}. "
            f"Unset AWS_DEFAULT_REGION, or: export AWS_DEFAULT_REGION={region}"
        )


def prepare() -> None:
    """Before Zappa packages: refuse what git does not know, and spare Zappa the copy of an environment not in use."""
    try:
        Release.read()
    except InfraError as error:
        raise ClickException(str(error)) from error
    # Of the same name, because Zappa leaves a folder of this name in the project out.
    name = Path(os.environ.get("VIRTUAL_ENV", sys.prefix)).name
    directory = tempfile.mkdtemp(prefix="no-environment-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    empty = Path(directory) / name
    (empty / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages").mkdir(parents=True)
    os.environ["VIRTUAL_ENV"] = str(empty)


def finish(zappa: "ZappaCLI") -> None:
    """After Zappa packaged: put the zip of `make package` in the place of Zappa's."""
    try:
        _refuse_other_settings(zappa)
        if zappa.command in UPLOADING and not _is_local(zappa.zappa.lambda_client.meta.endpoint_url):
            Release.read().refuse_changes()
        PackagingEnvironment.prepare().run("infra.packaging.package", zappa.api_stage)
    except InfraError as error:
        raise ClickException(str(error)) from error
    shutil.copyfile(BUILD / f"{zappa.lambda_name}.zip", zappa.zip_path)


def _refuse_other_settings(zappa: "ZappaCLI") -> None:
    """The package says what may run, so it must say what Zappa is about to schedule."""
    given = Path(zappa.vargs.get("settings_file") or SETTINGS_FILE).resolve()
    if given != SETTINGS_FILE:
        raise ClickException(
            f"The package is made from {SETTINGS_FILE.name}, and not from {given}. Leave --settings_file out, or give "
            "the zip of `make package` by --zip."
        )


def _is_local(endpoint: str) -> bool:
    return urlsplit(endpoint).hostname in LOOPBACK
