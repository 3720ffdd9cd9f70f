"""Deployment command as typed by an operator, with the storm's package and site.

python -m tests.proofs.deployment_storm.command COMMAND SITE_URL DIRECTORY SETTINGS_FILE PACKAGE

runs `infra.deployment.deploy` itself. It differs from `make` only in this: the package is given instead of built, the
API is on the site, the lease is shorter, and the smoke test less patient. An unexpected error has the exit status
CRASHED.
"""

import sys
import traceback
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

from infra.deployment import deploy, rollout
from infra.deployment.deployment import Deployment
from infra.deployment.smoke_test import SmokeTest

CRASHED = 70
"""EX_SOFTWARE of sysexits.h."""
LEASE = timedelta(seconds=4)
PATIENCE_SECONDS = 1.0


def main(command: str, site_url: str, directory: Path, settings_file: Path, package: Path) -> int:
    """Run the command. Return the exit status."""
    deploy.COMMANDS["deploy"] = lambda found, steps, _: rollout.deploy(found, steps, package)

    def deployment_of(stage: str) -> Deployment:
        def address(api_id: str, _region: str, stage: str) -> str:
            return f"{site_url}/{api_id}/{stage}"

        return Deployment(stage, settings_file, address=address, directory=directory, lease=LEASE)

    impatient = partial(SmokeTest, patience_seconds=PATIENCE_SECONDS)
    try:
        with patch("infra.deployment.deployment.SmokeTest", impatient):
            return deploy.main([command, "dev"], deployment_of)
    except Exception:  # noqa: BLE001 - whatever it is, an operator would see its traceback
        traceback.print_exc()
        return CRASHED


if __name__ == "__main__":
    typed, url, *paths = sys.argv[1:]
    sys.exit(main(typed, url, *map(Path, paths)))
