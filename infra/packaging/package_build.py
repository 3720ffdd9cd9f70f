"""Build a package in the current directory, which contains the files of a release and nothing else.

    python -m infra.packaging.package_build STAGE PACKAGE RECORD TARGET PACKAGES

RECORD is the content of the package's release.json, TARGET the target machine, PACKAGES the environment with the
packages to deploy. `infra.packaging.package` runs this in the packaging environment, from a copy of the release, so
that nothing else on this machine gets into the package.
"""

import json
import os
import sys
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from config.zappa.stages import Stage, read_document, read_stages
from infra.errors import InfraError, PackagingFailed
from infra.packaging.deployed_folders import STATIC, deployed_folders
from infra.packaging.lambda_target import LambdaTarget
from infra.packaging.package_check import check_package
from infra.packaging.package_contents import PackageContents
from infra.packaging.package_writer import write_package
from infra.packaging.packaging_environment import PROJECT, PackagingEnvironment
from infra.packaging.project_apps import refuse_missing_apps
from infra.packaging.release import RECORD
from infra.packaging.stage_settings import STAGE_SETTINGS

HOOKS = ("callbacks", "prebuild_script")
"""Settings through which other `zappa package` commands use this build. Removed for Zappa's own call here."""

IGNORED = (
    "drf_spectacular",  # pages that this site does not have
    "rest_framework",
    "jquery.js",  # the admin uses the minified ones unless DEBUG is set
    "select2.css",
    "select2.full.js",
    "xregexp.js",
)
"""Patterns of static files that the deployed site never requests."""


def build_package(stage: str, package: Path, record: bytes, target: LambdaTarget, packages: Path) -> None:
    """Build the stage's package. Raises MissingApp and PackagingFailed."""
    os.environ[STAGE_SETTINGS] = _stage(stage).settings_module
    os.environ["DJANGO_SETTINGS_MODULE"] = "infra.packaging.packaged_settings"
    refuse_missing_apps(settings.INSTALLED_APPS)
    django.setup()
    _collect_static_files()
    settings_file = _settings_without_hooks(stage, package.parent)
    PackagingEnvironment(Path(sys.prefix)).package(stage, package, settings_file, PROJECT, packages)
    languages = [code for code, _ in settings.LANGUAGES]
    site_packages = PackagingEnvironment(packages).site_packages
    contents = PackageContents(site_packages, deployed_folders(PROJECT), languages)
    write_package(package, contents, {RECORD: _with_apps(record)}, target.runtime)
    _refuse_problems(package, target)


def main() -> int:
    """Build the package. Return the exit status."""
    stage, package, record, target, packages = sys.argv[1:]
    try:
        build_package(stage, Path(package), record.encode(), LambdaTarget.parse(target), Path(packages))
    except (InfraError, SyntaxError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _collect_static_files() -> None:
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=list(IGNORED))
    # Its order follows the file system, which differs between machines.
    manifest = PROJECT / STATIC / "staticfiles.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()), sort_keys=True))


def _settings_without_hooks(stage: str, directory: Path) -> Path:
    settings_file = directory / "settings-without-hooks.json"
    kept = {key: value for key, value in _stage(stage).settings.items() if key not in (*HOOKS, "extends")}
    settings_file.write_text(json.dumps({stage: kept}))
    return settings_file


def _stage(name: str) -> Stage:
    stages = {stage.name: stage for stage in read_stages(read_document(PROJECT / "zappa_settings.json"))}
    return stages[name]


def _with_apps(record: bytes) -> bytes:
    names = [config.name for config in apps.get_app_configs()]
    return json.dumps(json.loads(record) | {"apps": names}, sort_keys=True).encode()


def _refuse_problems(package: Path, target: LambdaTarget) -> None:
    problems = check_package(package, target)
    if problems:
        raise PackagingFailed("\n".join(map(str, problems)))


if __name__ == "__main__":
    sys.exit(main())
