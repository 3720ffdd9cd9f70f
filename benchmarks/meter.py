"""Meter for a block of code in this process and in its PostgreSQL backend."""

import resource
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from benchmarks.measurement import Measurement

NANOSECOND = 1e-9
KIBIBYTE = 2**10


class Meter:
    """Context manager; `measurement(units)` returns the block's resources afterwards.

    `backend` is the process id of the PostgreSQL backend, if there is one. Peak memory is Linux's VmHWM, reset at the
    start; elsewhere it is the peak of the process's lifetime, and so 0 if an earlier one was higher.
    """

    def __init__(self, backend: int | None = None) -> None:
        self._backend = backend

    def __enter__(self) -> Self:
        _forget_peak()
        self._memory = psutil.Process().memory_info().rss
        self._backend_cpu = cpu_of(self._backend)
        self._cpu = time.process_time()
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wall = time.perf_counter() - self._began
        self._cpu = time.process_time() - self._cpu
        self._backend_cpu = cpu_of(self._backend) - self._backend_cpu
        self._memory = max(0, _peak_memory() - self._memory)

    def measurement(self, units: int, queries: int = 0) -> Measurement:
        """Return the resources of the block for this many units and statements."""
        return Measurement(units, self._wall, self._cpu, self._backend_cpu, self._memory, queries)


def cpu_of(process: int | None) -> float:
    """Return CPU seconds. Linux counts nanoseconds (https://docs.kernel.org/scheduler/sched-stats.html)."""
    if process is None:
        return 0.0
    statistics = Path(f"/proc/{process}/schedstat")
    if statistics.exists():
        return int(statistics.read_text().split()[0]) * NANOSECOND
    used = psutil.Process(process).cpu_times()
    return float(used.user + used.system)


def _forget_peak() -> None:
    """Reset VmHWM to the current size by clear_refs 5, https://docs.kernel.org/filesystems/proc.html."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")


def _peak_memory() -> int:
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) * KIBIBYTE
