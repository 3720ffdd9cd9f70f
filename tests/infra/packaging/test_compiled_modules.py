"""Modules are compiled by the Python that runs them."""

import sys
from pathlib import Path

import pytest

from infra.packaging import compiled_modules
from infra.packaging.bytecode import compiled_name
from infra.packaging.compiled_modules import can_compile_for, compile_for, compile_modules, find_python
from infra.packaging.lambda_runtimes import RUNTIMES, runtime_of

FILES = {"config/urls.py": b"urlpatterns = ['a']\n", "config/a.txt": b"text"}
OTHER = next(runtime for runtime in RUNTIMES.values() if runtime != runtime_of())


def install_python(directory: Path, name: str, program: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\nexec {program}\n")
    path.chmod(0o755)


def test_python_of_the_runtime_compiles_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_modules, "find_python", lambda _: sys.executable)
    assert compile_for(OTHER, FILES) == compile_modules(FILES)
    assert set(compile_modules(FILES)) == {compiled_name("config/urls.py")}


def test_without_that_python_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compile_for(OTHER, FILES) == {}
    assert [can_compile_for(runtime) for runtime in (OTHER, runtime_of())] == [False, True]


def test_program_that_only_has_the_name_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    install_python(tmp_path, OTHER.name, f'{sys.executable} "$@"')
    assert find_python(OTHER) == ""
    install_python(tmp_path, runtime_of().name, f'{sys.executable} "$@"')
    assert find_python(runtime_of()) == str(tmp_path / runtime_of().name)
