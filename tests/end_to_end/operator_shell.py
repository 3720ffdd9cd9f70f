"""Zappa's plain commands, as typed by an operator in an activated environment."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from infra.deployment.zappa_command import FAILURE
from infra.errors import ZappaFailed
from infra.packaging.packaging_environment import PROJECT

BIN = Path(sys.prefix) / "bin"
NOT_TYPED = ("PYTHONPATH", "PYTHONSAFEPATH")
"""Variables of this program that an operator's shell lacks."""


def type_command(line: str) -> str:
    """Run the line in the project's directory without a shell, and return its output. Raises ZappaFailed."""
    program, *arguments = shlex.split(line)
    variables = {name: value for name, value in os.environ.items() if name not in NOT_TYPED}
    activated = {"VIRTUAL_ENV": sys.prefix, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    finished = subprocess.run(  # Zappa
        [BIN / program, *arguments],
        cwd=PROJECT,
        env=variables | activated,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode or FAILURE.search(finished.stdout):
        raise ZappaFailed(f"{line} failed ({finished.returncode}):\n{finished.stdout.strip()}")
    return finished.stdout
