"""`make package`: the zip for Lambda, built by Zappa from the committed files.

`zappa package`, `zappa deploy` and `zappa update` in any environment use the same bytes
(infra/packaging/zappa_hooks.py).
"""

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from click import ClickException

from config.zappa.stages import read_document, read_stages
from infra.errors import InfraError
from infra.packaging.compiled_modules import can_compile_for
from infra.packaging.lambda_target import LambdaTarget
from infra.packaging.made_package import MadePackage
from infra.packaging.package_comparison import PackageComparison
from infra.packaging.package_sizes import has_bytecode, size_table
from infra.packaging.packaging_environment import BUILD, SETTINGS_FILE, PackagingEnvironment
from infra.packaging.release import Release
from infra.packaging.wheel_environment import prepare_wheels
from infra.packaging.zappa_stage import load_stage
from infra.shared_memory import fastest_directory


def make_package(stage: str, directory: Path = BUILD) -> Path:
    """Build `<project>-<stage>.zip` in the directory, in about 20 seconds, unless it is up to date.

    A package for another machine is compared with one that can run here, and may differ only in native code and
    bytecode. Raises UnsupportedPython, NoRepository, PackagingFailed, and click's ClickException if Zappa refuses its
    settings.
    """
    recipe = Recipe(stage, Release.read(), PackagingEnvironment.prepare())
    package = directory.resolve() / f"{load_stage(stage).lambda_name}.zip"
    target = stage_target(stage)
    _make(recipe, target, package)
    if not target.runs_here:
        PackageComparison.of(_make(recipe, LambdaTarget.here(), beside(package)), package).refuse_others()
    return package


def stage_target(stage: str) -> LambdaTarget:
    """Return the target machine of a stage. Raises UnsupportedPython."""
    stages = {found.name: found.settings for found in read_stages(read_document(SETTINGS_FILE))}
    return LambdaTarget.of_stage(stages[stage])


def beside(package: Path) -> Path:
    """Return the path of the package that runs here, beside one for another machine."""
    return package.with_name(f"{package.stem}-here.zip")


def main() -> int:
    """Build the package of a stage, and print its size and whether it can run here."""
    parser = argparse.ArgumentParser(prog="python -m infra.packaging.package", description=__doc__)
    parser.add_argument("stage", nargs="?", default="dev")
    stage = parser.parse_args().stage
    try:
        package = make_package(stage)
        release, target = Release.read(), stage_target(stage)
    except (InfraError, ClickException) as error:  # the latter is Zappa's error about its settings
        print(error, file=sys.stderr)
        return 1
    print(f"{size_table(package)}\n{target_table(package, target)}")
    print(f"{os.path.relpath(package)} of commit {release}")
    return 0


def target_table(package: Path, target: LambdaTarget) -> str:
    """Return lines with the package's target, and its differences from the tested package."""
    lines = [f"{'for':<24}{target}"]
    if not target.runs_here:
        lines.append(f"{'not run here':<24}{PackageComparison.of(beside(package), package)}")
    if not has_bytecode(package):
        cost = f"{target.runtime.name} is not installed here, so each cold start compiles for about a second"
        lines.append(f"{'without bytecode':<24}{cost}")
    return "\n".join(lines)


def _make(recipe: "Recipe", target: LambdaTarget, package: Path) -> Path:
    made = MadePackage(package, recipe.sources(target))
    with made.exclusively():
        if not made.is_current:
            recipe.build(target, package)
            made.remember()
    return package


@dataclass(frozen=True)
class Recipe:
    """Inputs of a package that do not depend on the target machine."""

    stage: str
    release: Release
    environment: PackagingEnvironment

    def sources(self, target: LambdaTarget) -> str:
        """Return a text that is equal for equal packages only."""
        bytecode = "compiled" if can_compile_for(target.runtime) else "not compiled"
        return f"{self.release.digest} {self.environment.directory.name} {target} {bytecode}"

    def build(self, target: LambdaTarget, package: Path) -> None:
        """Build the package and replace `package` atomically. Raises PackagingFailed."""
        packages = self.environment if target.runs_here else prepare_wheels(self.environment, target)
        with tempfile.TemporaryDirectory(prefix="release-", dir=fastest_directory()) as directory:
            copy, unfinished = Path(directory) / "project", Path(directory) / package.name
            self.release.copy_to(copy)
            arguments = (
                self.stage,
                str(unfinished),
                self.release.record.decode(),
                str(target),
                str(packages.directory),
            )
            self.environment.run("infra.packaging.package_build", *arguments, directory=copy)
            _place(unfinished, package)


def _place(finished: Path, package: Path) -> None:
    copy = package.with_suffix(f".{os.getpid()}")  # on the same file system, so that `package` is replaced atomically
    shutil.copyfile(finished, copy)
    copy.replace(package)


if __name__ == "__main__":
    sys.exit(main())
