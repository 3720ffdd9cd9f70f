"""Check that a package would work on Lambda: `python -m infra.packaging.package_check ZIP`.

Checks the zip as uploaded, for the runtime and architecture of its stage.
"""

import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from infra.errors import PackageWithoutStage
from infra.packaging.lambda_target import LambdaTarget
from infra.packaging.package_code_checks import check_bytecode, check_handler, check_native_libraries
from infra.packaging.package_content_checks import check_release, check_secrets, check_strays
from infra.packaging.package_problems import Kind, Problem
from infra.packaging.zipped_package import ZippedPackage

MEBIBYTE = 2**20

BUDGET_BYTES = 25 * MEBIBYTE
"""Our own limit, because a new sandbox downloads the zip before it starts; Lambda allows twice as much."""

UNZIPPED_BYTES = 250 * MEBIBYTE
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

CHECKS: tuple[Callable[[ZippedPackage], Iterator[Problem]], ...] = (
    check_handler,
    check_bytecode,
    check_native_libraries,
    check_strays,
    check_release,
    check_secrets,
)


def check_package(path: Path, target: LambdaTarget | None = None) -> list[Problem]:
    """Return every problem of the zip; only the size if it is too large. Raises UnsupportedPython.

    The target is by default that of the stage in the zip.
    """
    try:
        too_large = list(_size_problems(path))
        return too_large or list(_problems(ZippedPackage.read(path, target)))
    except (OSError, BadZipFile, zlib.error) as error:
        return [Problem(Kind.UNREADABLE, path.name, f"{error}. Build it again.")]
    except PackageWithoutStage as error:
        return [Problem(Kind.MISSING_SETTINGS, path.name, str(error))]


def main() -> int:
    """Print every problem of the package. Return 1 if there are any."""
    problems = check_package(Path(sys.argv[1]))
    for problem in problems:
        print(problem)
    return int(bool(problems))


def _problems(package: ZippedPackage) -> Iterator[Problem]:
    for check in CHECKS:
        yield from check(package)


def _size_problems(path: Path) -> Iterator[Problem]:
    with ZipFile(path) as zipped:
        unzipped = sum(entry.file_size for entry in zipped.infolist())
    for what, size, limit in (
        ("zipped", path.stat().st_size, BUDGET_BYTES),
        ("unzipped", unzipped, UNZIPPED_BYTES),
    ):
        if size > limit:
            sizes = f"{size / MEBIBYTE:.1f} MiB {what}, {limit // MEBIBYTE} MiB allowed"
            yield Problem(
                Kind.TOO_LARGE, path.name, f"{sizes}. See infra/packaging/package_contents.py for excluded files."
            )


if __name__ == "__main__":
    sys.exit(main())
