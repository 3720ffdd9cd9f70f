"""docs/reference/structure.md: folders, what they hold, and what they import, read from the code."""

import ast
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grimp

from infra.documentation.generated import MARK

UNDIVIDED = ("tests", "benchmarks", "examples")
"""Packages in one row each: they are not deployed, and may import everything below."""
WITHOUT_ROW = ("management", "migrations", "templatetags")
"""Folders that Django prescribes; they count as part of the folder above."""
STEPS = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
"""Line counts are rounded to these, so that the document changes with the structure and not with every line."""


@dataclass(frozen=True)
class Row:
    """One folder, without the folders below it that have rows of their own."""

    folder: str
    purpose: str
    lines: int
    imports: tuple[str, ...]

    def __str__(self) -> str:
        imports = ", ".join(f"`{folder}`" for folder in self.imports)
        return f"| `{self.folder}/` | {self.purpose} | {self.lines:,} | {imports} |"


def structure_document(root: Path) -> str:
    """Return docs/reference/structure.md."""
    return "\n".join(_document(root)) + "\n"


def read_rows(root: Path) -> list[Row]:
    """Return a row per folder, from the top layer of the import contract to the bottom one."""
    packages = _packages(root)
    graph = grimp.build_graph(*packages, cache_dir=None)
    folders = [folder for package in packages for folder in (package, *_divisions(graph, package, root))]
    owned: dict[str, set[str]] = {folder: set() for folder in folders}
    for module in graph.modules:
        owned[_folder_of(module, folders)].add(module)
    return [_row(graph, root, folder, modules, folders) for folder, modules in owned.items()]


def _packages(root: Path) -> list[str]:
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [package.strip() for layer in layers for package in layer.split("|")]


def _divisions(graph: grimp.ImportGraph, package: str, root: Path) -> list[str]:
    children = [] if package in UNDIVIDED else sorted(graph.find_children(package))
    return [name for name in children if _path(root, name).is_dir() and not name.endswith(WITHOUT_ROW)]


def _folder_of(module: str, folders: list[str]) -> str:
    return max((folder for folder in folders if f"{module}.".startswith(f"{folder}.")), key=len)


def _row(graph: grimp.ImportGraph, root: Path, folder: str, modules: set[str], folders: list[str]) -> Row:
    imported = {name for module in modules for name in graph.find_modules_directly_imported_by(module)}
    known = folders if folder not in UNDIVIDED else [name for name in folders if "." not in name]
    found = {_folder_of(name, known) for name in imported} - {folder}
    purpose = ast.get_docstring(ast.parse((_path(root, folder) / "__init__.py").read_text())) or ""
    ordered = tuple(_shown(name) for name in folders if name in found)
    return Row(_shown(folder), purpose.partition("\n")[0], _about(root, modules), ordered)


def _about(root: Path, modules: set[str]) -> int:
    files = (_path(root, module) for module in modules)
    sources = (file / "__init__.py" if file.is_dir() else file.with_suffix(".py") for file in files)
    lines = sum(len(source.read_text().splitlines()) for source in sources)
    return min(STEPS, key=lambda step: abs(math.log(max(lines, 1) / step)))


def _path(root: Path, module: str) -> Path:
    return root.joinpath(*module.split("."))


def _shown(folder: str) -> str:
    return folder.replace(".", "/")


def _document(root: Path) -> Iterator[str]:
    yield f"# Structure\n\n{MARK}\n"
    yield "Read from the imports, those in functions and for types included. A row leaves out the folders that have"
    yield "rows of their own; its lines are lines of Python, rounded. A package imports only packages below it, and no"
    yield "files or folders import each other in a circle: `make imports` checks both.\n"
    yield "| folder | holds | lines | imports |\n|---|---|---|---|"
    yield from map(str, read_rows(root))
