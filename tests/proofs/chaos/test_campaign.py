"""Short run of the fault campaign. `make chaos` runs the long one."""

import subprocess
import sys

import pytest

COMMAND = ["-m", "tests.proofs.chaos", "--seed", "20261123", "--seeds", "2", "--notifications", "240", "--storm", "6"]


@pytest.mark.postgresql  # it brings its own
def test_every_promise_holds_in_a_storm_with_and_without_confirmations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAOS_PACE", "0.5")
    campaign = subprocess.run([sys.executable, *COMMAND], capture_output=True, text=True, check=False)
    assert campaign.returncode == 0, campaign.stdout + campaign.stderr
    assert "Every promise held." in campaign.stdout
