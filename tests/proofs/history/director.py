"""Director of a history: concurrent processes with different clocks, killed at any time."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests.proofs.chaos.program import Program
from tests.support.patience import PATIENCE_SECONDS

SKEWS = (timedelta(), timedelta(milliseconds=300), timedelta(seconds=-20), timedelta(seconds=20))
"""Lead of each process's clock."""
STEP_SECONDS = 0.02
TICK_SECONDS = 0.1
FARTHEST_TICK = timedelta(hours=8)
"""Maximum step of the service's time per tick."""
BETWEEN_KILLS = 25
"""Average number of actions between kills."""


@dataclass
class Director:
    """`directory` contains clocks and logs; `manners` is an argument of `tests.proofs.history.worker`."""

    seed: int
    manners: str
    directory: Path
    done: Counter[str] = field(default_factory=Counter, init=False)
    problems: list[str] = field(default_factory=list, init=False)
    kills: int = field(default=0, init=False)
    moved: timedelta = field(default_factory=timedelta, init=False)
    _started: int = field(default=0, init=False)
    _ticked_at: float = field(default=0.0, init=False)

    @property
    def latest(self) -> timedelta:
        """Return the offset of the fastest clock."""
        return self.moved + max(SKEWS)

    def run(self, is_over: Callable[[int], bool]) -> None:
        """Run the processes until `is_over` returns True for the number of actions."""
        self._chance = random.Random(self.seed)
        self._programs = {skew: self._start(skew) for skew in SKEWS}
        try:
            while not is_over(self.done.total()):
                self._tick()
                self._listen()
                if self._chance.random() < 1 / BETWEEN_KILLS:
                    self._kill(self._chance.choice(SKEWS))
            self._end()
        finally:
            for program in self._programs.values():
                program.end()

    def _tick(self) -> None:
        if time.monotonic() - self._ticked_at >= TICK_SECONDS:
            self._ticked_at = time.monotonic()
            self.moved += self._chance.random() * FARTHEST_TICK
            for skew in SKEWS:
                self._write_clock(skew)

    def _write_clock(self, skew: timedelta) -> None:
        clock = self._clock(skew)
        new = clock.with_suffix(".new")
        new.write_text(str((self.moved + skew).total_seconds()), encoding="ascii")
        new.replace(clock)

    def _clock(self, skew: timedelta) -> Path:
        return self.directory / f"clock{SKEWS.index(skew)}"

    def _listen(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._hear():
            if time.monotonic() > deadline:
                raise TimeoutError(f"no process acts any more; see {self.directory}")
            time.sleep(STEP_SECONDS)

    def _hear(self) -> int:
        """Collect the processes' output. Return the number of lines."""
        return sum(self._hear_one(program) for program in self._programs.values())

    def _hear_one(self, program: Program) -> int:
        heard = 0
        while line := program.heard():
            heard += 1
            self.done[line] += 1
            if line.startswith("problem: "):
                self.problems.append(line)
        return heard

    def _kill(self, skew: timedelta) -> None:
        """Kill a process as by kill -9."""
        time.sleep(self._chance.random() * STEP_SECONDS)
        self._programs[skew].end()
        self._hear_one(self._programs[skew])
        self.kills += 1
        self._programs[skew] = self._start(skew)

    def _start(self, skew: timedelta) -> Program:
        self._started += 1
        self._write_clock(skew)
        return Program(
            "tests.proofs.history.worker",
            f"{self.seed} {self._started}",
            self.manners,
            log=self.directory / "log",
            environment={"HISTORY_CLOCK": self._clock(skew).as_uri()},
        )

    def _end(self) -> None:
        """Let each process finish its action."""
        for program in self._programs.values():
            if program.process.stdin is not None:
                program.process.stdin.close()
        for program in self._programs.values():
            program.process.wait(PATIENCE_SECONDS)
        self._hear()
