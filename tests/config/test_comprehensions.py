"""Names in comprehensions that CPython 3.12.0 to 3.12.3 confuse, and that hide gettext from readers.

These versions inline comprehensions, and mistake a global in a later comprehension of the same function for the
variable of an earlier one: UnboundLocalError. https://github.com/python/cpython/issues/118513
"""

import ast
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "accounts",
    "benchmarks",
    "config",
    "examples",
    "foundation",
    "infra",
    "notifications",
    "payments",
    "subscriptions",
    "tests",
)
SOURCES = [PROJECT / "manage.py", *sorted(path for name in FOLDERS for path in (PROJECT / name).rglob("*.py"))]
Inlined = ast.DictComp | ast.ListComp | ast.SetComp
INLINED = (ast.DictComp, ast.ListComp, ast.SetComp)
FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
SCOPES = (*FUNCTIONS, ast.ClassDef, ast.GeneratorExp, ast.Lambda)

CONFUSED = [
    "a = [_ for _ in 'a']\n b = [_(c) for c in 'a']",
    "a = {_: 1 for _ in 'a'}\n b = {_(c) for c in 'a'}",
    "a = [b for b, _ in 'a']\n b = [[_(c) for c in d] for d in 'a']",
    "a = [[_ for _ in b] for b in 'a']\n b = [_(c) for c in 'a']",
    "a = [_(c) for c in [b for _, b in 'a']]",
]
CLEAR = [
    "a = [_ for _ in 'a']\n b = _('a')",
    "a = list(_ for _ in 'a')\n b = [_(c) for c in 'a']",
    "a = [_ for _ in 'a']\n b = list(_(c) for c in 'a')",
    "_ = len\n a = [b for b in 'a']\n b = [_(c) for c in 'a']",
]


def confused_names(source: str) -> list[str]:
    """Return every `function: name` that one comprehension binds and another one of the function reads as a global.

    Uses the syntax tree, which is the same in all versions of Python: the module symtable repeats the confusion.
    """
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, FUNCTIONS)]
    return [f"{function.name}: {name}" for function in functions for name in sorted(_confused(function))]


def _confused(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    own = list(_own_nodes(function))
    targets = [name for node in own if isinstance(node, INLINED) for name in _targets(node)]
    stored = [node for node in own if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    local = {name.id for name in stored if name not in targets} | {arg.arg for arg in own if isinstance(arg, ast.arg)}
    return {name.id for name in targets} & set(_taken(function, frozenset(), inside=False)) - local


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, SCOPES):
            yield from _own_nodes(child)


def _targets(comprehension: Inlined) -> list[ast.Name]:
    parts = itertools.chain.from_iterable(ast.walk(generator.target) for generator in comprehension.generators)
    return [part for part in parts if isinstance(part, ast.Name)]


def _taken(node: ast.AST, bound: frozenset[str], *, inside: bool) -> Iterator[str]:
    """Yield the names that comprehensions read but neither they nor enclosing ones bind."""
    if isinstance(node, INLINED):
        bound, inside = bound | {name.id for name in _targets(node)}, True
    if inside and isinstance(node, ast.Name) and node.id not in bound:
        yield node.id
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, SCOPES):
            yield from _taken(child, bound, inside=inside)


def hidden_gettext(source: str) -> list[int]:
    """Return the lines of a module that imports gettext as `_` and binds that name again."""
    nodes = list(ast.walk(ast.parse(source)))
    imports = itertools.chain.from_iterable(node.names for node in nodes if isinstance(node, ast.ImportFrom))
    if not any(alias.asname == "_" for alias in imports):
        return []
    names = {node.lineno for node in nodes if isinstance(node, ast.Name) and node.id == "_" and _binds(node)}
    return sorted(names | {node.lineno for node in nodes if isinstance(node, ast.arg) and node.arg == "_"})


def _binds(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


@pytest.mark.parametrize("find", [confused_names, hidden_gettext])
def test_no_module_has_one(find: Callable[[str], list[object]]) -> None:
    found = {str(path.relative_to(PROJECT)): find(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("body", CONFUSED)
def test_confusion_is_found(body: str) -> None:
    assert confused_names(f"def f():\n {body}") == ["f: _"]


@pytest.mark.parametrize("body", CLEAR)
def test_nothing_else_is_found(body: str) -> None:
    assert confused_names(f"def f():\n {body}") == []


@pytest.mark.parametrize("use", ["[a for _, a in 'a']", "lambda _: 1", "(_ := 1)"])
def test_hidden_gettext_is_found(use: str) -> None:
    assert hidden_gettext(f"from gettext import gettext as _\na = {use}") == [2]
    assert hidden_gettext(f"a = {use}") == []
