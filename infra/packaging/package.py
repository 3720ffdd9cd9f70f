"""`make package`: the zip that Lambda runs, made by Zappa, as `zappa deploy` makes it.

Zappa calls infra/packaging/zappa_hooks.py before and after, so that this command, `zappa deploy` and `zappa update`
make the same bytes, as long as they run in the packaging environment.
"""

import argparse
import sys
from pathlib import Path

from click import ClickException

from infra.errors import InfraError
from infra.local.zappa_stage import load_stage
from infra.packaging.package_sizes import size_table
from infra.packaging.packaging_environment import BUILD, PROJECT, PackagingEnvironment


def make_package(stage: str, directory: Path = BUILD) -> Path:
    """Make `<project>-<stage>.zip` in the directory, in about 20 seconds.

    Raises UnsupportedPython, PackagingFailed, and click's ClickException where Zappa cannot use its settings.
    """
    package = directory.resolve() / f"{load_stage(stage).lambda_name}.zip"
    PackagingEnvironment.prepare().package(stage, package)
    return package


def main() -> int:
    """Make the package of a stage and say how large it is."""
    parser = argparse.ArgumentParser(prog="python -m infra.packaging.package", description=__doc__)
    parser.add_argument("stage", nargs="?", default="dev")
    try:
        package = make_package(parser.parse_args().stage)
    except (InfraError, ClickException) as error:  # the latter is Zappa's word on its settings
        print(error, file=sys.stderr)
        return 1
    print(f"{size_table(package)}\n{package.relative_to(PROJECT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
