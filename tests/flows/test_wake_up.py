"""From a commit through the queue, Lambda's poller and Zappa's handler to AWS, with what README.md has added."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.wake_up.run import EVENT
from config.zappa.checks import check_file
from infra.packaging.zappa_stage import SETTINGS_FILE

PROJECT = SETTINGS_FILE.parent
COMMITS = 20


def test_commits_are_told_by_few_invocations_and_no_schedule() -> None:
    command = [sys.executable, "-m", "benchmarks.wake_up.run", "--commits", str(COMMITS), "--seconds", "2"]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    run = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    figures = json.loads(run.stdout.splitlines()[-1])
    assert figures["notifications"] == 2 * COMMITS
    assert 1 <= figures["invocations"] < COMMITS, "one message for many commits"


@pytest.fixture
def documented() -> dict[str, Any]:
    """The event that README.md shows."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(.*?deliver_woken.*?)```", text, re.DOTALL)
    event: dict[str, Any] = json.loads(block)
    return event


def test_documented_event_is_the_one_that_runs_and_passes_the_checks(
    documented: dict[str, Any], tmp_path: Path
) -> None:
    assert documented == EVENT
    settings = json.loads(SETTINGS_FILE.read_text())
    settings["dev"]["events"].append(documented)
    path = tmp_path / SETTINGS_FILE.name
    path.write_text(json.dumps(settings))
    assert check_file(path) == []
