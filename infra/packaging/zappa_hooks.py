"""Hooks in zappa_settings.json, called by Zappa with each command and when packaging.

Zappa loads this file in the operator's environment. Regardless of the packages installed there, the checked zip of
`make package` is uploaded. This module therefore imports only the standard library and modules that need no more.
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
"""Zappa commands that upload the package."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def refuse_other_region(zappa: "ZappaCLI") -> None:
    """Refuse a shell whose region differs from the stage's, because some Zappa clients use it.

    Called after the settings.
    """
    session = zappa.zappa.boto_session
    if session is None:  # `zappa package` does not call AWS
        return
    region, shell = zappa.stage_config.get("aws_region"), session.region_name
    if shell != region:
        raise ClickException(
            f"The shell's region is {shell}, but {zappa.api_stage} is in {region}. "
            f"Unset AWS_DEFAULT_REGION, or: export AWS_DEFAULT_REGION={region}"
        )


def prepare() -> None:
    """Refuse a project that git does not track, and replace the environment that Zappa would copy.

    Called before packaging.
    """
    try:
        Release.read()
    except InfraError as error:
        raise ClickException(str(error)) from error
    # Same name, because Zappa excludes a folder with this name in the project.
    name = Path(os.environ.get("VIRTUAL_ENV", sys.prefix)).name
    directory = tempfile.mkdtemp(prefix="no-environment-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    empty = Path(directory) / name
    (empty / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages").mkdir(parents=True)
    os.environ["VIRTUAL_ENV"] = str(empty)


def finish(zappa: "ZappaCLI") -> None:
    """Replace Zappa's zip with the one of `make package`, or delete it if that fails. Called after packaging."""
    try:
        _finish(zappa)
    except BaseException:  # an interruption, too, must not leave a zip without packages
        Path(zappa.zip_path).unlink(missing_ok=True)
        raise


def _finish(zappa: "ZappaCLI") -> None:
    try:
        _refuse_other_settings(zappa)
        if zappa.command in UPLOADING and not _is_local(zappa.zappa.lambda_client.meta.endpoint_url):
            Release.read().refuse_changes()
        PackagingEnvironment.prepare().run("infra.packaging.package", zappa.api_stage)
    except InfraError as error:
        raise ClickException(str(error)) from error
    shutil.copyfile(BUILD / f"{zappa.lambda_name}.zip", zappa.zip_path)


def _refuse_other_settings(zappa: "ZappaCLI") -> None:
    """Refuse other settings files, because the package contains the allow-list of the jobs that Zappa schedules."""
    given = Path(zappa.vargs.get("settings_file") or SETTINGS_FILE).resolve()
    if given != SETTINGS_FILE:
        raise ClickException(
            f"The package is built from {SETTINGS_FILE.name}, not from {given}. Omit --settings_file, or pass "
            "the zip of `make package` with --zip."
        )


def _is_local(endpoint: str) -> bool:
    return urlsplit(endpoint).hostname in LOOPBACK
