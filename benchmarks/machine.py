"""Description of the machine."""

import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from infra.local.postgresql_package import programs

GIBIBYTE = 2**30


def describe_machine() -> dict[str, str]:
    """Return processor, memory, system, versions and date (UTC)."""
    return {
        "processor": f"{_cores()} x {_model()}",
        "memory": f"{psutil.virtual_memory().total / GIBIBYTE:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Django": version("Django"),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": _postgresql_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _cores() -> int:
    """Return the number of cores available to this process; only Linux reports it."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else psutil.cpu_count()


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _postgresql_version() -> str:
    with tempfile.TemporaryDirectory() as directory:
        command = [str(programs(Path(directory)) / "postgres"), "--version"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - the package's
    return said.rpartition(" ")[2].strip()
