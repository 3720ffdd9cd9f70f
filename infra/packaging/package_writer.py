"""Conversion of Zappa's zip into the deployed one: filtered, compiled and reproducible."""

from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from infra.packaging.compiled_modules import compile_for
from infra.packaging.lambda_runtimes import LambdaRuntime, runtime_of
from infra.packaging.package_contents import PackageContents

DATE = (1980, 1, 1, 0, 0, 0)
"""Earliest date of the zip format, used for every file."""

READABLE = 0o100644 << 16
"""Mode of a file readable for everyone; Lambda runs the function as another user."""

UNIX = 3
"""System of these permissions; zipfile would record the current one."""


def write_package(
    package: Path,
    contents: PackageContents,
    more: Mapping[str, bytes] | None = None,
    runtime: LambdaRuntime | None = None,
) -> None:
    """Replace the zip at `package` with the deployed one, with `more` files, compiled for the runtime.

    The runtime is by default this Python's. Raises SyntaxError for an invalid module, and PackagingFailed.
    """
    with ZipFile(package) as zipped:
        files = {name: zipped.read(name) for name in zipped.namelist() if contents.holds(name)} | dict(more or {})
    unfinished = package.with_suffix(".unfinished")
    with ZipFile(unfinished, "w", ZIP_DEFLATED, compresslevel=9) as finished:
        for name, content in sorted((files | compile_for(runtime or runtime_of(), files)).items()):
            finished.writestr(_entry(name), content)
    unfinished.replace(package)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, DATE)
    entry.create_system = UNIX
    entry.external_attr = READABLE
    entry.compress_type = ZIP_DEFLATED
    return entry
