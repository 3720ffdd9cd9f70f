"""Folders to deploy: the project's apps, packages that they import, and folders named in the settings."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from infra.packaging.project_apps import project_apps

STATIC = "build/static"
"""Folder of all apps' static files, filled by `collectstatic`."""

DOTTED = re.compile(r"[A-Za-z_]\w*(\.\w+)+")
"""Dotted name of a module or its attribute, as in settings."""


def deployed_folders(project: Path) -> frozenset[str]:
    """Return the folders relative to the project. Django must be set up, from the project's own files."""
    packages = [Path(config.path).relative_to(project).parts[0] for config in project_apps(project)]
    return frozenset({STATIC, *with_imports(project, packages), *_named_in_settings(project)})


def with_imports(project: Path, packages: Iterable[str]) -> set[str]:
    """Return the top-level packages, and the project's packages that they import or name, transitively."""
    found: set[str] = set()
    waiting = set(packages)
    while waiting:
        found.add(package := waiting.pop())
        waiting |= {name for name in _names_in(project / package) if (project / name).is_dir()} - found
    return found


def _named_in_settings(project: Path) -> Iterator[str]:
    engines: list[dict[str, Any]] = settings.TEMPLATES
    for named in (*settings.LOCALE_PATHS, *(path for engine in engines for path in engine.get("DIRS", []))):
        path = Path(named)
        if path.is_relative_to(project):
            yield path.relative_to(project).as_posix()


def _names_in(folder: Path) -> set[str]:
    """Return the first parts of module names that the folder's modules import, or contain as strings."""
    return {
        name.partition(".")[0]
        for module in folder.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_bytes()))
        for name in _names_of(node)
    }


def _names_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module
        case ast.Constant(value=str(text)) if DOTTED.fullmatch(text):
            yield text
