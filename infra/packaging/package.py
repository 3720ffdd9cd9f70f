"""`make package`: the zip that Lambda runs, made by Zappa from the files that are committed.

`zappa package`, `zappa deploy` and `zappa update`, typed in any environment, use the same bytes
(infra/packaging/zappa_hooks.py).
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from click import ClickException

from infra.errors import InfraError
from infra.local.zappa_stage import load_stage
from infra.packaging.made_package import MadePackage
from infra.packaging.package_sizes import size_table
from infra.packaging.packaging_environment import BUILD, MEMORY, PackagingEnvironment
from infra.packaging.release import Release


def make_package(stage: str, directory: Path = BUILD) -> Path:
    """Make `<project>-<stage>.zip` in the directory, in about 20 seconds, unless the one there is of this very release.

    Raises UnsupportedPython, NoRepository, PackagingFailed, and click's ClickException where Zappa cannot use its
    settings.
    """
    package = directory.resolve() / f"{load_stage(stage).lambda_name}.zip"
    release, environment = Release.read(), PackagingEnvironment.prepare()
    made = MadePackage(package, f"{release.digest} {environment.directory.name}")
    if not made.is_current:
        _build(stage, package, release, environment)
        made.remember()
    return package


def main() -> int:
    """Make the package of a stage and say how large it is."""
    parser = argparse.ArgumentParser(prog="python -m infra.packaging.package", description=__doc__)
    parser.add_argument("stage", nargs="?", default="dev")
    try:
        package = make_package(parser.parse_args().stage)
        release = Release.read()
    except (InfraError, ClickException) as error:  # the latter is Zappa's word on its settings
        print(error, file=sys.stderr)
        return 1
    print(f"{size_table(package)}\n{os.path.relpath(package)} of commit {release}")
    return 0


def _build(stage: str, package: Path, release: Release, environment: PackagingEnvironment) -> None:
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="release-", dir=memory) as directory:
        copy, unfinished = Path(directory) / "project", Path(directory) / package.name
        release.copy_to(copy)
        arguments = (stage, str(unfinished), release.record.decode())
        environment.run("infra.packaging.package_build", *arguments, directory=copy)
        _place(unfinished, package)


def _place(finished: Path, package: Path) -> None:
    beside = package.with_suffix(f".{os.getpid()}")  # on the same file system, so that what is at `package` is whole
    shutil.copyfile(finished, beside)
    beside.replace(package)


if __name__ == "__main__":
    sys.exit(main())
