"""Zappa without boto3 at the start, and with it when needed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from config.aws_lambda.zappa_start import PostponedModule
from infra.packaging.zappa_stage import ZappaStage
from tests.support.deployment import environment

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[3]

Start = Callable[..., dict[str, Any]]


@pytest.fixture
def start(stage: ZappaStage, tmp_path: Path) -> Start:
    """Return a start of Zappa in a new process after importing some modules, with its results."""
    (tmp_path / "zappa_settings.py").write_text(stage.handler_settings)

    def start_after(*imported: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "tests.support.programs.zappa_started", *imported]
        variables = environment(PYTHONPATH=f"{PROJECT}:{tmp_path}", AWS_DEFAULT_REGION="us-east-1")
        run = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        facts: dict[str, Any] = json.loads(run.stdout)
        return facts

    return start_after


def test_boto3_is_not_loaded_at_the_start_and_zappa_still_gets_the_real_one(start: Start) -> None:
    facts = start()
    assert facts["loaded at the start"] == []
    assert facts["names are the real ones"]
    assert facts["session of Zappa"]
    assert facts["annotation"] == "boto3.Session"


def test_boto3_that_is_there_already_is_what_zappa_gets(start: Start) -> None:
    facts = start("boto3")
    assert facts["loaded at the start"] == ["boto3", "botocore"]
    assert facts["names are the real ones"]
    assert facts["annotation"] == "<class 'boto3.session.Session'>"


def test_garbage_is_collected_after_the_start_but_not_looked_for_among_modules(start: Start) -> None:
    facts = start()
    assert facts["collects"]
    assert facts["frozen"] > 50_000


def test_postponed_module_in_the_place_of_the_real_one_says_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "postponed", PostponedModule("postponed"))
    with pytest.raises(AttributeError, match="postponed and has no thing yet"):
        sys.modules["postponed"].thing  # noqa: B018 - asking is the test
    with pytest.raises(ImportError, match="not a package"):
        __import__("postponed.part")


def test_postponed_module_gives_what_the_real_one_has(monkeypatch: pytest.MonkeyPatch) -> None:
    postponed = PostponedModule("real")
    monkeypatch.setitem(sys.modules, "real", ModuleType("real"))
    monkeypatch.setattr(sys.modules["real"], "thing", 7, raising=False)
    assert postponed.thing == 7
    with pytest.raises(AttributeError, match="nothing"):
        postponed.nothing  # noqa: B018 - asking is the test
