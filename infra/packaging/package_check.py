"""Refusing a package that would not work on Lambda: `python -m infra.packaging.package_check ZIP`.

What is checked is the zip as it is uploaded, for the runtime and the architecture of its stage.
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
"""Ours. A new sandbox fetches it all before it starts; Lambda itself would take twice as much."""

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
    """Every problem of the zip; of one that is too large, only this. Raises UnsupportedPython.

    The target is by default that of the stage that the zip names.
    """
    try:
        too_large = list(_size_problems(path))
        return too_large or list(_problems(ZippedPackage.read(path, target)))
    except (OSError, BadZipFile, zlib.error) as error:
        return [Problem(Kind.UNREADABLE, path.name, f"{error}. Make it again.")]
    except PackageWithoutStage as error:
        return [Problem(Kind.MISSING_SETTINGS, path.name, str(error))]


def main() -> int:
    """Print every problem of the package; 1 if there is one."""
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
                Kind.TOO_LARGE, path.name, f"{sizes}. infra/packaging/package_contents.py says what is left out."
            )


if __name__ == "__main__":
    sys.exit(main())
