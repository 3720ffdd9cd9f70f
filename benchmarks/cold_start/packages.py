"""Packages to start: the project's, stock `zappa package`'s, and a bare Django."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.program import run_program
from config.zappa.stages import read_document, read_stages
from infra.packaging.package import make_package
from infra.packaging.package_build import HOOKS
from infra.packaging.package_contents import PackageContents
from infra.packaging.package_writer import write_package
from infra.packaging.packaging_environment import PROJECT, SETTINGS_FILE, PackagingEnvironment
from infra.packaging.stage_settings import STAGE_SETTINGS

STAGE = "dev"
STOCK_HANDLER = "handler.lambda_handler"
"""Handler that Zappa configures by default."""

BARE = Path(__file__).parent / "bare"
BARE_FOLDERS, BARE_LANGUAGES = ("config", "foundation"), ("en", "de")
HANDLER = (
    "config/__init__.py", "config/aws_lambda/__init__.py", "config/aws_lambda/admission.py",
    "config/aws_lambda/gateway_cookies.py", "config/aws_lambda/handler.py", "config/aws_lambda/http_events.py",
    "config/aws_lambda/metrics.py", "config/aws_lambda/zappa_start.py", "config/zappa/__init__.py",
    "config/zappa/stages.py", "foundation/*.py",
    "foundation/*/*.py",
)  # fmt: skip
"""The project's own handler in front of the bare Django, and the modules of foundation that it imports."""


def make_project_package(directory: Path) -> Path:
    """Build the package of `make package`."""
    return make_package(STAGE, directory)


def make_stock_package(directory: Path) -> Path:
    """Build Zappa's own package of the same project and environment: no hooks, and Zappa's handler.

    It ships what lies in the project, so the static files are collected first, as its users do.
    """
    package = directory / "stock.zip"
    variables = {"DJANGO_SETTINGS_MODULE": "infra.packaging.packaged_settings", STAGE_SETTINGS: "config.settings"}
    run_program("django", "collectstatic", "--no-input", "--verbosity=0", **variables)
    settings = _write_settings(directory, _settings_without(*HOOKS, "lambda_handler"))
    PackagingEnvironment.prepare().package(STAGE, package, settings)
    return package


def make_bare_package(directory: Path) -> Path:
    """Build a bare Django behind the project's handler, packaged by the same steps."""
    project, package = directory / "bare", directory / "bare.zip"
    for module in (path for pattern in HANDLER for path in PROJECT.glob(pattern)):
        copy = project / module.relative_to(PROJECT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(module, copy)
    for file in BARE.glob("*s.py"):
        shutil.copyfile(file, project / "config" / file.name)
    settings = _write_settings(project, _settings_without(*HOOKS, "events"))
    environment = PackagingEnvironment.prepare()
    environment.package(STAGE, package, settings, project=project)
    write_package(package, PackageContents(environment.site_packages, BARE_FOLDERS, BARE_LANGUAGES))
    return package


def _settings_without(*keys: str) -> dict[str, Any]:
    stages = {stage.name: stage.settings for stage in read_stages(read_document(SETTINGS_FILE))}
    return {key: value for key, value in stages[STAGE].items() if key not in keys}


def _write_settings(directory: Path, settings: Mapping[str, Any]) -> Path:
    path = directory / "zappa_settings.json"
    path.write_text(json.dumps({STAGE: settings}))
    return path
