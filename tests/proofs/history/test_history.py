"""Short random history. `python -m tests.proofs.history --seconds 120` runs a long one."""

import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "tests.proofs.history", "--seed", "20261128", "--actions", "150"]
"""Fixed number of actions, regardless of the machine's speed."""


@pytest.mark.postgresql  # it brings its own
def test_every_promise_holds_after_a_random_history() -> None:
    played = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.count("Every promise held, and the audit found nothing.") == 2
