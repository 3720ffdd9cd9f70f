"""The workers: as many warm functions as Lambda would have at once, each with a wrong clock of its own."""

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
"""By how much they are ahead."""

PRELOADED = [work.__module__]

Told = Callable[[dict[str, Any] | None], None]
"""Takes what a job returned or raised; None where its worker died."""


@dataclass(eq=False)
class Worker:
    """A process, and what it does just now."""

    name: WorkerName
    process: ForkServerProcess
    orders: Connection
    is_ready: bool = False
    told: Told | None = None
    """Whom to tell the end of the invocation; None if there is none."""
    thaws_at: float | None = None
    """On `time.monotonic()`'s scale; None if it is not frozen."""

    @property
    def is_idle(self) -> bool:
        """Whether it could take an invocation."""
        return self.is_ready and self.told is None and self.thaws_at is None

    @property
    def is_at_work(self) -> bool:
        """Whether it makes its way through an invocation."""
        return self.told is not None and self.thaws_at is None

    def signal(self, how: signal.Signals) -> None:
        """Send it one."""
        if self.process.pid is not None:
            os.kill(self.process.pid, how)

    def end(self) -> None:
        """As kill -9 does, frozen or not."""
        self.process.kill()
        self.process.join()
        self.orders.close()


class Fleet:
    """Starts workers, hands them events, and kills and freezes them.

    They are forked off a process that has Django set up, from the environment as it is at the first start.
    """

    def __init__(self, size: int, *, variables: dict[str, str], log: Path) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        self._variables = variables
        self._log = log
        self._started = 0
        self.workers = [self._start(CLOCKS[index % len(CLOCKS)]) for index in range(size)]

    def invoke(self, worker: Worker, job: str, event: Any, told: Told) -> None:
        """Let an idle worker run a job."""
        worker.told = told
        worker.orders.send((job, event))

    def idle(self) -> list[Worker]:
        """Those that could take an invocation."""
        return [worker for worker in self.workers if worker.is_idle]

    def is_at_rest(self) -> bool:
        """Whether nobody works or is frozen."""
        return all(worker.told is None and worker.thaws_at is None for worker in self.workers)

    def attend(self) -> None:
        """Hear what the workers say, and thaw those whose time has come."""
        for worker in self.workers:
            if worker.thaws_at is not None and time.monotonic() >= worker.thaws_at:
                worker.signal(signal.SIGCONT)
                worker.thaws_at = None
            if worker.orders.poll():
                self._hear(worker, worker.orders.recv())

    def kill(self, worker: Worker) -> None:
        """As kill -9 does; another worker with the same clock takes its place."""
        worker.end()
        if worker.told is not None:
            worker.told(None)
        self.workers[self.workers.index(worker)] = self._start(worker.name.clock_ahead)

    def freeze(self, worker: Worker, duration: timedelta) -> None:
        """Stop it, wherever it is, for so long."""
        worker.signal(signal.SIGSTOP)
        worker.thaws_at = time.monotonic() + duration.total_seconds()

    def end(self) -> None:
        """Kill them all."""
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
