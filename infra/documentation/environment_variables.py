"""The environment variables that config/settings.py reads: names, defaults and their attribute docstrings."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "config" / "settings.py"


@dataclass(frozen=True)
class Variable:
    """One environment variable of the service."""

    name: str
    required: bool
    """True if the service does not start on AWS without it."""
    default: str
    """As the environment would say it: of a laptop where the variable is required, otherwise of every place."""
    form: str
    """The values that are accepted, where not every text is."""
    meaning: str
    """The docstring below the assignment; empty where there is none."""


def read_variables(namespace: dict[str, Any], source: str) -> list[Variable]:
    """Return the variables in the order of the source of the settings; `namespace` is what the settings hold."""
    return list(_variables(namespace, source))


def _variables(namespace: dict[str, Any], source: str) -> Iterator[Variable]:
    for statement, following in pairwise([*ast.parse(source).body, ast.Pass()]):
        for call in _calls(statement):
            yield _variable(call, _docstring(following), namespace)


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        yield from (node for node in ast.walk(statement) if isinstance(node, ast.Call) and _reads_environment(node))


def _reads_environment(call: ast.Call) -> bool:
    function = call.func
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "env"


def _docstring(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""


def _variable(call: ast.Call, meaning: str, namespace: dict[str, Any]) -> Variable:
    name, *others = [_evaluate(argument, namespace) for argument in call.args]
    named = {str(keyword.arg): _evaluate(keyword.value, namespace) for keyword in call.keywords}
    if others:
        read, default = others
        return Variable(name, False, _as_text(default), _form(read), meaning)
    required = getattr(call.func, "attr", "") != "local_clock"  # a laptop's alone
    return Variable(name, required, _as_text(named["local"]), "", meaning)


def _evaluate(node: ast.expr, namespace: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(node), "settings", "eval"), namespace)  # noqa: S307 - our own settings


def _as_text(value: object) -> str:
    """Write the value as the environment would say it, with paths as seen from the repository."""
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace(f"{ROOT}/", "").replace("file://.local", "file:///path/to/checkout/.local")


def _form(read: Any) -> str:
    name = str(read.__name__)
    return "" if name in {"str", "list_of_keys"} else name.replace("_", " ")
