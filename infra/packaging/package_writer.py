"""Zappa's zip made into the deployed one: only what is needed, compiled, and equal for equal sources."""

from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from infra.packaging.compiled_modules import compile_for
from infra.packaging.lambda_runtimes import LambdaRuntime, runtime_of
from infra.packaging.package_contents import PackageContents

DATE = (1980, 1, 1, 0, 0, 0)
"""The first one that a zip can hold, for every file."""

READABLE = 0o100644 << 16
"""A file that everyone may read; Lambda runs the function as a user of its own."""

UNIX = 3
"""The system whose permissions these are; zipfile would write down the one that it runs on."""


def write_package(
    package: Path,
    contents: PackageContents,
    more: Mapping[str, bytes] | None = None,
    runtime: LambdaRuntime | None = None,
) -> None:
    """Replace the zip at `package` by the deployed one, with `more` files, compiled for the runtime.

    The runtime is by default this Python's. Raises SyntaxError for a broken module, and PackagingFailed.
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
