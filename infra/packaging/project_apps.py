"""Own apps of the project: installed apps in the project's directory."""

from collections.abc import Sequence
from pathlib import Path

from django.apps import AppConfig, apps

from infra.errors import MissingApp
from infra.packaging.packaging_environment import PROJECT

INSTALLED = {"site-packages", "dist-packages"}
"""Folders of a virtual environment, which may itself be in the project's directory."""


def project_apps(project: Path = PROJECT) -> list[AppConfig]:
    """Return the project's installed apps, in the order of the settings."""
    return [config for config in apps.get_app_configs() if _is_ours(Path(config.path), project)]


def refuse_missing_apps(installed: Sequence[str]) -> None:
    """Raise MissingApp for all entries of INSTALLED_APPS that cannot be imported; Django reports only the first."""
    missing = [f"- {error}" for entry in installed if (error := _import_error(entry))]
    if missing:
        raise MissingApp(
            "\n".join(["INSTALLED_APPS names apps that the package would not contain:", *missing, MissingApp.REMEDY])
        )


def _import_error(entry: str) -> str:
    try:
        AppConfig.create(entry)
    except ImportError as error:
        return f"{entry}: {error}"
    return ""


def _is_ours(path: Path, project: Path) -> bool:
    return path.is_relative_to(project) and INSTALLED.isdisjoint(path.relative_to(project).parts)
