"""Files at the top of the repository: for contributors, editors, CI and containers."""

import json
import re
import shlex
import tomllib
from typing import Any

import pytest
import yaml

from tests.docs.markdown import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text())
MATRIX: dict[str, list[str]] = WORKFLOW["jobs"]["make"]["strategy"]["matrix"]
MAKEFILE = (ROOT / "Makefile").read_text()
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", MAKEFILE, re.MULTILINE))


def test_workflow_runs_every_supported_python() -> None:
    assert MATRIX["python"] == PYTHONS
    assert PROJECT["requires-python"] == ">=3.11"
    named = [line.rpartition(" :: ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert named == PYTHONS


@pytest.mark.parametrize("target", MATRIX["target"])
def test_workflow_runs_targets_of_make(target: str) -> None:
    assert target in _targets()


def test_workflow_runs_all_that_make_test_runs() -> None:
    recipe = re.search(r"^test: .*\n\t@\$\(PYTHON\) -m infra.checks (.*)$", MAKEFILE, re.MULTILINE)
    assert recipe, "make test no longer runs infra.checks"
    assert set(MATRIX["target"]) == set(recipe[1].split())


def test_hooks_run_modules_of_the_environment_and_targets_of_make() -> None:
    document = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    entries = [hook["entry"] for repository in document["repos"] for hook in repository["hooks"]]
    assert entries
    for entry in entries:
        program, option, *_ = shlex.split(entry)
        assert (program, option) == (".venv/bin/python", "-m") or (program == "make" and option in _targets())


def test_devcontainer_has_chromium_and_the_environment() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    assert "chromium" in container["onCreateCommand"].split()
    assert container["postCreateCommand"] == "make .venv/.ready"
    assert "READY := .venv/.ready" in MAKEFILE


def test_every_make_target_that_a_document_names_exists() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        name for path in documents for name in re.findall(r"(?:^|`)make ([a-z][a-z-]+)", path.read_text(), re.MULTILINE)
    }
    assert "deploy" in named
    assert named - _targets() == set()


def test_license_is_the_one_that_the_project_names() -> None:
    assert PROJECT["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
