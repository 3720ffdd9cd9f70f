"""Runner of the benchmarks' own programs, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement
from infra.errors import BenchmarkFailed

ROOT = Path(__file__).resolve().parent.parent


def run_program(module: str, *arguments: str, **variables: str) -> Any:
    """Run `python -m module arguments` with these additional variables. Return the JSON of its last output line.

    Raises BenchmarkFailed if it fails.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BenchmarkFailed(f"{' '.join(command)} failed: {done.stderr}")
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else None


def measure_program(module: str, *arguments: str, **variables: str) -> Measurement:
    """Run a program like `run_program`, and return its Measurement."""
    return Measurement(**run_program(module, *arguments, **variables))
