"""docs/howto: every Python sample compiles, and what it imports of the project exists."""

import ast
import json
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.docs.markdown import Document, documents

SAMPLE_APPS = {"reports", "members"}
"""Placeholder apps in the samples."""

BLOCK = re.compile(r"^( *)```(python|json)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def _samples(language: str) -> Iterator[tuple[str, str]]:
    for document in [*documents("docs/howto/"), Document("README.md")]:
        for _indent, written_in, text in BLOCK.findall(document.text):
            if written_in == language:
                yield document.path, textwrap.dedent(text)


def _imports(sample: str) -> Iterator[tuple[str, str]]:
    """Yield module and name of each import, also of those within functions; the name is empty for `import module`."""
    for node in ast.walk(ast.parse(sample)):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def _problem(module: str, name: str) -> str | None:
    if module.partition(".")[0] in SAMPLE_APPS:
        return None
    try:
        found = import_module(module)
    except ImportError as error:
        return str(error)
    if name not in {"", "*"} and not hasattr(found, name):
        try:
            import_module(f"{module}.{name}")
        except ImportError:
            return f"{module} has no {name}"
    return None


@pytest.mark.parametrize(("path", "sample"), list(_samples("python")))
def test_python_sample_compiles_and_imports_what_exists(path: str, sample: str) -> None:
    compile(sample, path, "exec")
    assert [problem for module, name in _imports(sample) if (problem := _problem(module, name))] == []


@pytest.mark.parametrize(("path", "sample"), list(_samples("json")))
def test_json_sample_is_json(path: str, sample: str) -> None:
    assert json.loads(sample), path


def test_import_of_what_does_not_exist_is_found() -> None:
    assert _problem("subscriptions.nowhere", "anything") == "No module named 'subscriptions.nowhere'"
    assert _problem("subscriptions.models", "Nothing") == "subscriptions.models has no Nothing"
    assert _problem("foundation", "clock") is None
