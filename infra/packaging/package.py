"""`make package`: the zip that Lambda runs, made by Zappa from the files that are committed.

`zappa package`, `zappa deploy` and `zappa update`, typed in any environment, use the same bytes
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
from infra.packaging.packaging_environment import BUILD, MEMORY, SETTINGS_FILE, PackagingEnvironment
from infra.packaging.release import Release
from infra.packaging.wheel_environment import prepare_wheels
from infra.packaging.zappa_stage import load_stage


def make_package(stage: str, directory: Path = BUILD) -> Path:
    """Make `<project>-<stage>.zip` in the directory, in about 20 seconds, unless the one there is of this very release.

    One for another machine is compared with one that can run here, and differs from it only where it must. Raises
    UnsupportedPython, NoRepository, PackagingFailed, and click's ClickException where Zappa cannot use its settings.
    """
    recipe = Recipe(stage, Release.read(), PackagingEnvironment.prepare())
    package = directory.resolve() / f"{load_stage(stage).lambda_name}.zip"
    target = stage_target(stage)
    _make(recipe, target, package)
    if not target.runs_here:
        PackageComparison.of(_make(recipe, LambdaTarget.here(), beside(package)), package).refuse_others()
    return package


def stage_target(stage: str) -> LambdaTarget:
    """Return the machine that a stage's package is for. Raises UnsupportedPython."""
    stages = {found.name: found.settings for found in read_stages(read_document(SETTINGS_FILE))}
    return LambdaTarget.of_stage(stages[stage])


def beside(package: Path) -> Path:
    """Return the path of the package that runs here, beside one for another machine."""
    return package.with_name(f"{package.stem}-here.zip")


def main() -> int:
    """Make the package of a stage and say how large it is, and whether it can run here."""
    parser = argparse.ArgumentParser(prog="python -m infra.packaging.package", description=__doc__)
    parser.add_argument("stage", nargs="?", default="dev")
    stage = parser.parse_args().stage
    try:
        package = make_package(stage)
        release, target = Release.read(), stage_target(stage)
    except (InfraError, ClickException) as error:  # the latter is Zappa's word on its settings
        print(error, file=sys.stderr)
        return 1
    print(f"{size_table(package)}\n{target_table(package, target)}")
    print(f"{os.path.relpath(package)} of commit {release}")
    return 0


def target_table(package: Path, target: LambdaTarget) -> str:
    """Return the lines that say what the package is for, and how far what runs here speaks for it."""
    lines = [f"{'for':<24}{target}"]
    if not target.runs_here:
        lines.append(f"{'not run here':<24}{PackageComparison.of(beside(package), package)}")
    if not has_bytecode(package):
        cost = f"{target.runtime.name} is not on this machine, so each cold start compiles, about a second"
        lines.append(f"{'without bytecode':<24}{cost}")
    return "\n".join(lines)


def _make(recipe: "Recipe", target: LambdaTarget, package: Path) -> Path:
    made = MadePackage(package, recipe.sources(target))
    if not made.is_current:
        recipe.build(target, package)
        made.remember()
    return package


@dataclass(frozen=True)
class Recipe:
    """The parts of a package that do not depend on the machine it is for."""

    stage: str
    release: Release
    environment: PackagingEnvironment

    def sources(self, target: LambdaTarget) -> str:
        """Return a text that two packages share only if they are the same."""
        bytecode = "compiled" if can_compile_for(target.runtime) else "not compiled"
        return f"{self.release.digest} {self.environment.directory.name} {target} {bytecode}"

    def build(self, target: LambdaTarget, package: Path) -> None:
        """Build it; what is at `package` is whole. Raises PackagingFailed."""
        packages = self.environment if target.runs_here else prepare_wheels(self.environment, target)
        memory = MEMORY if os.access(MEMORY, os.W_OK) else None
        with tempfile.TemporaryDirectory(prefix="release-", dir=memory) as directory:
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
    copy = package.with_suffix(f".{os.getpid()}")  # on the same file system, so that what is at `package` is whole
    shutil.copyfile(finished, copy)
    copy.replace(package)


if __name__ == "__main__":
    sys.exit(main())
