"""The runner of make targets, in a process of its own, on a Makefile of the test's."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.checks.__main__ import ROOM
from infra.shared_memory import fastest_directory
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.processes import is_gone

PROJECT = Path(__file__).resolve().parents[3]
PYTEST = f"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -p no:cacheprovider $(if $(VERBOSE),-v)"

MAKEFILE = f"""
good: ; @echo nobody reads this
bad: ; @echo the reason; exit 3
silent: ; @until test -e seen; do sleep 0.05; done
tests: ; @{PYTEST} test_numbers.py
files: ; @touch $$TMPDIR/left && echo $$TMPDIR > where
endless: ; @{sys.executable} endless.py
"""
TESTS = """
import pathlib, time
import pytest

@pytest.mark.parametrize("number", range(4))
def test_number(number):
    assert number != 2, "two is refused"

def test_silent():
    while not pathlib.Path("seen").exists():
        time.sleep(0.05)
"""

ENDLESS = f"""
import os, pathlib, subprocess, time

child = subprocess.Popen(["sleep", "{PATIENCE_SECONDS}"])
try:
    pathlib.Path("unfinished").write_text(f"{{os.getpid()}} {{child.pid}}")
    pathlib.Path("unfinished").rename("processes")
    time.sleep({PATIENCE_SECONDS})
except KeyboardInterrupt:
    pathlib.Path("tidy").touch()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a directory with a Makefile, one of whose targets runs tests."""
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "test_numbers.py").write_text(TESTS)
    (tmp_path / "endless.py").write_text(ENDLESS)
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "infra.checks", *arguments]


def environment() -> dict[str, str]:
    # The tests may run below a make, whose options and job server are not those of the makes below.
    outside = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}
    return outside | {"PYTHONPATH": str(PROJECT)}


def run(project: Path, *arguments: str) -> tuple[int, str]:
    """Return the exit status and the output. No target waits."""
    (project / "seen").touch()
    finished = subprocess.run(
        command(*arguments), cwd=project, env=environment(), capture_output=True, text=True, check=False
    )
    assert finished.stderr == ""
    return finished.returncode, finished.stdout


def await_progress(project: Path, target: str, progress: str) -> None:
    """Read the output until the line of progress, for which the target waits."""
    with subprocess.Popen(
        command("--pause", "0.1", target), cwd=project, env=environment(), stdout=subprocess.PIPE, text=True
    ) as runner:
        assert runner.stdout is not None
        assert any(re.fullmatch(progress, line) for line in runner.stdout)
        (project / "seen").touch()


def test_targets_that_pass_take_a_line_at_their_start_and_one_at_their_end(project: Path) -> None:
    status, output = run(project, "good", "silent")
    assert status == 0
    assert output.count("start   good\n") == 1
    assert len(re.findall(r"^passed  (?:good|silent)  \d+:\d\d$", output, re.MULTILINE)) == 2
    assert re.search(r"^All passed, after \d+ s\.$", output, re.MULTILINE)
    assert "nobody reads this" not in output


def test_reason_of_a_failure_is_shown_once_and_at_the_end(project: Path) -> None:
    status, output = run(project, "bad", "good")
    assert status == 1
    assert output.count("the reason") == 1
    assert output.index("the reason") > output.index("passed  good")
    assert re.search(r"^Failed: bad, after \d+ s\.$", output, re.MULTILINE)


def test_failures_of_tests_are_shown_without_the_tests_that_passed(project: Path) -> None:
    status, output = run(project, "tests")
    assert status == 1
    assert "two is refused" in output
    assert "PASSED" not in output


def test_no_more_targets_run_at_a_time_than_asked_for(project: Path) -> None:
    _, output = run(project, "--side-by-side", "1", "silent", "good", "bad")
    told = re.findall(r"^(?:start|passed|FAILED)", output, re.MULTILINE)
    assert told == ["start", "passed", "start", "passed", "start", "FAILED"]


def test_progress_is_told_while_a_target_is_silent(project: Path) -> None:
    await_progress(project, "silent", r"\.\.\. +silent \d:\d\d\n")


def test_progress_of_tests_is_their_percentage(project: Path) -> None:
    await_progress(project, "tests", r"\.\.\. +tests 80 %\n")


def test_a_terminal_shows_the_progress_in_place(project: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(command("--pause", "0.1", "silent"), cwd=project, env=environment(), stdout=theirs):
        os.close(theirs)
        output = ""
        while "\r\033[K...     silent 0:" not in output:
            output += os.read(ours, 1000).decode()
        (project / "seen").touch()
    os.close(ours)


@pytest.mark.parametrize("is_given", [True, False], ids=["where the shell says", "in memory if there is enough"])
def test_temporary_files_of_targets_are_removed_with_the_run(project: Path, *, is_given: bool) -> None:
    given = project / "temporary"
    given.mkdir()
    asked = {"TMPDIR": str(given)} if is_given else {}
    inherited = {name: value for name, value in environment().items() if name != "TMPDIR"}
    subprocess.run(command("files"), cwd=project, env=inherited | asked, stdout=subprocess.DEVNULL, check=True)
    used = Path((project / "where").read_text().strip())
    assert used.parent == (given if is_given else fastest_directory(ROOM) or used.parent)
    assert not used.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_that_runs(number: signal.Signals, project: Path) -> None:
    with subprocess.Popen(
        command("endless", "good"), cwd=project, env=environment(), stdout=subprocess.PIPE, text=True
    ) as runner:
        wait_until((project / "processes").exists)
        runner.send_signal(number)
        output, _ = runner.communicate(timeout=PATIENCE_SECONDS)
    assert runner.returncode == 130
    assert output.endswith("Interrupted.\n")
    assert (project / "tidy").exists()
    for process in (project / "processes").read_text().split():
        assert is_gone(int(process))
