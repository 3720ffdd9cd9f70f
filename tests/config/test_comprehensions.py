"""Names of comprehensions that CPython 3.12.0 to 3.12.3 confuse, and that hide gettext from readers everywhere.

There a comprehension is inlined, and its variable's name is taken for a local one in a later comprehension of the same
function that means a global: UnboundLocalError. https://github.com/python/cpython/issues/118513
"""

import ast
import itertools
import symtable
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = ("config", "foundation", "infra", "notifications", "subscriptions", "tests")
SOURCES = [PROJECT / "manage.py", *sorted(path for name in FOLDERS for path in (PROJECT / name).rglob("*.py"))]
INLINED = {"dictcomp", "listcomp", "setcomp"}

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
    """Every `function: name` that one comprehension binds and another one of the function takes from the module."""
    tables = _tables(symtable.symtable(source, "source", "exec"))
    return [
        f"{function.get_name()}: {name}"
        for function in tables
        if function.get_type() == "function" and function.get_name() not in INLINED
        for name in sorted(_confused(list(_inlined(function))))
    ]


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _inlined(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        if child.get_name() in INLINED:
            yield child
            yield from _inlined(child)


def _confused(comprehensions: list[symtable.SymbolTable]) -> set[str]:
    bound = {symbol.get_name() for table in comprehensions for symbol in table.get_symbols() if symbol.is_local()}
    taken = {symbol.get_name() for table in comprehensions for symbol in table.get_symbols() if symbol.is_global()}
    return bound & taken


def hidden_gettext(source: str) -> list[int]:
    """The lines of a module that imports gettext as `_` and gives that name to something else."""
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
