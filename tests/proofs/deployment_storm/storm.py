"""Random sequence of judged steps."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.proofs.deployment_storm.console import Console
from tests.proofs.deployment_storm.disturbances import disturb
from tests.proofs.deployment_storm.judge import SUCCESS, Judge
from tests.proofs.deployment_storm.operator import Typed, type_command
from tests.proofs.deployment_storm.release import Fails, StormRelease, make_release
from tests.support.injected_answers import InjectedAnswers

BROKEN = [fails for fails in Fails if fails is not Fails.NEVER]
KINDS = {
    "deploy": 3,
    "failing deploy": 3,
    "disturbed deploy": 6,
    "disturbed failing deploy": 2,
    "rollback": 3,
    "disturbed rollback": 3,
    "console": 5,
    "undeploy": 1,
    "disturbed undeploy": 2,
    "two at once": 2,
}
"""Steps with their frequencies."""
COMMANDS = ["deploy", "deploy", "rollback", "undeploy"]
RECOVERIES = 0.5
"""Share of steps after which `make deploy` must repair the stage; after others, damage may accumulate."""


@dataclass
class Storm:
    """Storm. `problems` collects violations with the number of the step."""

    seed: int
    answers: InjectedAnswers
    judge: Judge
    directory: Path
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._typed = 0
        self._step = 0

    def play(self, steps: int) -> None:
        """Run this many steps, then check that the stage can be repaired and removed completely."""
        self._deploy_well("first deployment")
        is_green = True
        for step in range(1, steps + 1):
            self._step = step
            (kind,) = self._chance.choices(list(KINDS), list(KINDS.values()))
            self._take(kind)
            is_green = self._chance.random() < RECOVERIES
            if is_green:
                self._deploy_well("  deploy again")
        if not is_green:
            self._deploy_well("last deployment")
        for what in ("undeploy", "undeploy once more"):
            self._run(what, self._type("undeploy", self._release()), must_succeed=True)

    def _take(self, kind: str) -> None:
        _, disturbed, command = kind.rpartition("disturbed ")
        if kind == "console":
            self._edit()
        elif kind == "two at once":
            commands = self._chance.sample(COMMANDS, 2)
            self._run(kind, *[self._type(command, self._release()) for command in commands])
        else:
            release = self._release(self._chance.choice(BROKEN) if "failing" in command else Fails.NEVER)
            typed = self._type(command.removeprefix("failing "), release)
            how = disturb(self._chance, self.answers, typed) if disturbed else ""
            self._run(f"{kind} {how}".strip(), typed)

    def _edit(self) -> None:
        deployment = self.judge.deployment(self._release())
        if not deployment.function.exists:
            self._tell("somebody finds nothing to edit")
            return
        said = Console(deployment, self._chance).edit()
        self._tell(f"somebody {said}", self.judge.serving())

    def _deploy_well(self, what: str) -> None:
        self._run(what, self._type("deploy", self._release()), must_succeed=True)

    def _run(self, what: str, *commands: Typed, must_succeed: bool = False) -> None:
        _, before = self._before
        ends = [typed.wait() for typed in commands]
        calls = len(self.answers.calls)
        self.answers.forget()
        ended = ", ".join(f"{typed} {end}" for typed, end in zip(commands, ends, strict=True))
        self._tell(f"{what}: {ended} after {calls} calls")
        found = [*self.judge.problems(before, commands)]
        if must_succeed:
            found += [f"{typed} must succeed" for typed in commands if typed.process.returncode != SUCCESS]
        for problem in found:
            self._report(problem, commands)

    def _type(self, command: str, release: StormRelease) -> Typed:
        self._before = self.judge.serving()
        self.answers.forget()  # what was asked for here
        self._typed += 1
        return type_command(command, release, self.judge.site.url, self.directory / f"command-{self._typed}")

    def _release(self, fails: Fails = Fails.NEVER) -> StormRelease:
        number = len(self.judge.releases) + 1
        release = make_release(self.directory / f"release-{number}", number, fails)
        self.judge.releases[release.sha256] = release
        return release

    def _tell(self, said: str, serving: tuple[int, str] | None = None) -> None:
        status, code = serving or self.judge.serving()
        kept = ", ".join(self._numbers(self.judge.kept())) or "none"
        print(f"{self._step:3} {said}; served: {status or 'nothing'} {self.judge.name(code)}; kept: {kept}", flush=True)

    def _numbers(self, hashes: list[str]) -> Iterator[str]:
        yield from (str(self.judge.releases[sha].number) if sha in self.judge.releases else "?" for sha in hashes)

    def _report(self, problem: str, commands: tuple[Typed, ...]) -> None:
        self.problems.append(f"step {self._step}: {problem}")
        print(f"    PROBLEM: {problem}", flush=True)
        for typed in commands:
            print(f"    see {typed.log}", flush=True)
