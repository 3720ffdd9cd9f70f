"""Short run of the payment campaign. `make chaos-payments` runs the long one."""

import subprocess
import sys

import pytest

COMMAND = ["-m", "tests.proofs.payment_chaos", "--seed", "20261128", "--orders", "150", "--hits", "5", "--until-hit"]
COMMAND += ["--probability", "0.06", "--seconds", "6"]


@pytest.mark.postgresql  # it brings its own
def test_no_order_is_charged_twice_in_a_storm_and_all_money_is_accounted_for() -> None:
    campaign = subprocess.run([sys.executable, *COMMAND], capture_output=True, text=True, check=False)
    assert campaign.returncode == 0, campaign.stdout + campaign.stderr
    assert '"charged twice": 0' in campaign.stdout
    assert "Every promise held." in campaign.stdout
