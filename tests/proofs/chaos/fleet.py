"""Workers: warm functions as Lambda would run concurrently, each with a wrong clock."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.proofs.chaos.worker import work
from tests.proofs.chaos.worker_name import WorkerName

CLOCKS = (timedelta(), timedelta(seconds=30), timedelta(seconds=-30), timedelta(seconds=15))
"""Leads of the clocks."""

PRELOADED = [work.__module__]

Told = Callable[[dict[str, Any] | None], None]
"""Receive the result or error of a job; None if its worker died."""


@dataclass(eq=False)
class Worker:
    """Worker process and its current invocation."""

    name: WorkerName
    process: ForkServerProcess
    orders: Connection
    is_ready: bool = False
    told: Told | None = None
    """Callback for the end of the invocation, if there is one."""
    thaws_at: float | None = None
    """End of suspension in `time.monotonic()`; None if not suspended."""

    @property
    def is_idle(self) -> bool:
        """Return True if the worker can accept an invocation."""
        return self.is_ready and self.told is None and self.thaws_at is None

    @property
    def is_at_work(self) -> bool:
        """Return True if the worker is running an invocation."""
        return self.told is not None and self.thaws_at is None

    def signal(self, how: signal.Signals) -> None:
        """Send a signal."""
        if self.process.pid is not None:
            os.kill(self.process.pid, how)

    def end(self) -> None:
        """Kill the worker as by kill -9, even if suspended."""
        self.process.kill()
        self.process.join()
        self.orders.close()


class Fleet:
    """Fleet that starts workers, sends them events, and kills and suspends them.

    Workers are forked from a process with set-up Django, with the environment of the first start.
    """

    def __init__(self, size: int, *, variables: dict[str, str], log: Path) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        self._variables = variables
        self._log = log
        self._started = 0
        self.workers = [self._start(CLOCKS[index % len(CLOCKS)]) for index in range(size)]

    def invoke(self, worker: Worker, job: str, event: Any, told: Told) -> None:
        """Run a job on an idle worker."""
        worker.told = told
        worker.orders.send((job, event))

    def idle(self) -> list[Worker]:
        """Return the idle workers."""
        return [worker for worker in self.workers if worker.is_idle]

    def is_at_rest(self) -> bool:
        """Return True if nobody works or is suspended."""
        return all(worker.told is None and worker.thaws_at is None for worker in self.workers)

    def attend(self) -> None:
        """Receive results, and resume workers whose suspension is over."""
        for worker in self.workers:
            if worker.thaws_at is not None and time.monotonic() >= worker.thaws_at:
                worker.signal(signal.SIGCONT)
                worker.thaws_at = None
            if worker.orders.poll():
                self._hear(worker, worker.orders.recv())

    def kill(self, worker: Worker) -> None:
        """Kill a worker and replace it by one with the same clock."""
        worker.end()
        if worker.told is not None:
            worker.told(None)
        self.workers[self.workers.index(worker)] = self._start(worker.name.clock_ahead)

    def freeze(self, worker: Worker, duration: timedelta) -> None:
        """Suspend a worker for this long."""
        worker.signal(signal.SIGSTOP)
        worker.thaws_at = time.monotonic() + duration.total_seconds()

    def end(self) -> None:
        """Kill all workers."""
        for worker in self.workers:
            worker.end()

    def _start(self, clock_ahead: timedelta) -> Worker:
        self._started += 1
        name = WorkerName(self._started, clock_ahead)
        ours, theirs = self._context.Pipe()
        variables = {**self._variables, "AWS_SDK_UA_APP_ID": str(name)}
        process = self._context.Process(target=work, args=(theirs, str(name), variables, self._log))
        process.start()
        theirs.close()
        return Worker(name, process, ours)

    def _hear(self, worker: Worker, said: Any) -> None:
        if not worker.is_ready:
            worker.is_ready = True
        elif worker.told is not None:
            told, worker.told = worker.told, None
            told(said)
