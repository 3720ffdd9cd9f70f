"""Short run of the payment campaign. `make chaos-payments` runs the long one."""

import subprocess
import sys

import pytest

COMMAND = ["-m", "tests.proofs.payment_chaos", "--seed", "20261128", "--orders", "150", "--rounds", "1"]
COMMAND += ["--hits", "5", "--until-hit", "--probability", "0.04", "--shortest", "16"]


@pytest.mark.postgresql  # it brings its own
def test_storm_charges_no_order_twice_and_loses_no_money() -> None:
    campaign = subprocess.run([sys.executable, *COMMAND], capture_output=True, text=True, check=False)
    assert campaign.returncode == 0, campaign.stdout + campaign.stderr
    assert '"charged twice": 0' in campaign.stdout
    assert "Every promise held." in campaign.stdout
