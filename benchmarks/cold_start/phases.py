"""Phases of a start, measured by a probe in place of the handler in a copy of the package."""

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.cold_start.start import Function, refuse_failure
from infra.errors import ColdStartFailed

PROBE = Path(__file__).with_name("probe.py")
MARK = "PHASES "
NAMES = ("runtime", "Zappa", "boto3", "Django", "project", "first request")

Phases = dict[str, tuple[float, float]]
"""CPU seconds and wall-clock seconds by phase."""


@contextmanager
def probed(function: Function) -> Iterator[Function]:
    """Yield the function with the probe in place of its handler."""
    with tempfile.TemporaryDirectory() as directory:
        package = Path(directory) / "package"
        shutil.copytree(function.package, package, copy_function=_link)
        for folder in (package, *package.rglob("*/")):
            folder.chmod(0o755)
        shutil.copyfile(PROBE, package / "cold_start_probe.py")
        variables = {**function.variables, "PROBE_HANDLER": function.handler, "PROBE_MARK": MARK}
        yield replace(function, package=package, handler="cold_start_probe.lambda_handler", variables=variables)


def take_apart(function: Function, event: Any) -> Phases:
    """Start a probed function once and return its phases. Raises ColdStartFailed."""
    with function.sandbox(PROBE_BEGAN=str(time.perf_counter())) as sandbox:
        result = sandbox.invoke(event)
    refuse_failure(result)
    lines = [line for line in result.log.splitlines() if line.startswith(MARK)]
    if len(lines) != 1:
        raise ColdStartFailed(f"the probe did not report:\n{result.log}")
    taken = json.loads(lines[0].removeprefix(MARK))
    return {name: tuple(taken.get(name, (0.0, 0.0))) for name in NAMES}


def median_phases(several: Sequence[Phases]) -> Phases:
    """Return the median of each phase."""
    return {
        name: (
            statistics.median(phases[name][0] for phases in several),
            statistics.median(phases[name][1] for phases in several),
        )
        for name in NAMES
    }


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)
