"""Packages of `requirements.txt` for another machine, from wheels."""

import shutil
from pathlib import Path

from infra.errors import PackagingFailed
from infra.packaging.lambda_target import LambdaTarget
from infra.packaging.packaging_environment import (
    INSTALL,
    PIP,
    READY,
    REQUIREMENTS,
    PackagingEnvironment,
    exclusively,
    run_program,
)
from infra.packaging.target_requirements import requirements_for


def prepare_wheels(environment: PackagingEnvironment, target: LambdaTarget) -> PackagingEnvironment:
    """Install the wheels unless they exist. Return the environment whose packages Zappa uses.

    It is beside the packaging environment and rebuilt with it. Raises PackagingFailed.
    """
    name = f"{environment.directory.name}-{str(target).replace(' ', '-')}"
    wheels = PackagingEnvironment(environment.directory.with_name(name))
    with exclusively():
        if not (wheels.directory / READY).exists():
            shutil.rmtree(wheels.directory, ignore_errors=True)
            wheels.site_packages.mkdir(parents=True)
            _install(target, wheels.site_packages)
            (wheels.directory / READY).touch()
    return wheels


def _install(target: LambdaTarget, site_packages: Path) -> None:
    requirements = site_packages.parent / "requirements.txt"
    requirements.write_text(requirements_for(target, REQUIREMENTS.read_text()))
    version = ".".join(map(str, target.runtime.version))
    wheels = ["--only-binary=:all:", "--implementation=cp", f"--python-version={version}"]
    platforms = [f"--platform={tag}" for tag in target.platforms]
    options = ["--no-deps", f"--target={site_packages}", "-r", str(requirements)]
    try:
        run_program([*PIP, *INSTALL, *wheels, *platforms, *options])
    except PackagingFailed as error:
        glibc = ".".join(map(str, target.runtime.glibc))
        raise PackagingFailed(
            f"{error}\nA package for {target} is built from wheels for glibc {glibc} or older. If a wheel is missing, "
            "set a later `runtime` in zappa_settings.json, or package on such a machine."
        ) from error
