"""Invariants after each step of the storm."""

import urllib.error
import urllib.request
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from infra.deployment.deployment import Deployment
from infra.errors import Refused
from tests.end_to_end.deployed_state import DeployedState
from tests.end_to_end.errors import NotAsDeployed
from tests.proofs.deployment_storm.operator import Typed
from tests.proofs.deployment_storm.release import STAGE, VARIABLE, Fails, StormRelease
from tests.proofs.deployment_storm.site import StormSite

ROLLED_BACK = ("The release was rolled back", "The rollback failed")
"""Messages after which a command says what is live."""

SUCCESS = 0
OK = 200


@dataclass
class Judge:
    """Judge that knows every release by its code's hash."""

    site: StormSite
    directory: Path
    releases: dict[str, StormRelease] = field(default_factory=dict)

    def deployment(self, release: StormRelease) -> Deployment:
        """Return the stage with the release's settings."""

        def address(api_id: str, _region: str, stage: str) -> str:
            return f"{self.site.url}/{api_id}/{stage}"

        return Deployment(STAGE, release.settings_file, address=address, directory=self.directory)

    def serving(self) -> tuple[int, str]:
        """Return the status of the first page, and the hash of the responding code."""
        try:
            url = self.deployment(self._any).url()
        except Refused:
            return 0, ""
        try:
            with urllib.request.urlopen(f"{url}/") as answer:  # noqa: S310 - our own server
                return answer.status, answer.headers["X-Code"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["X-Code"]

    def kept(self) -> list[str]:
        """Return the hashes of the rollback targets, the newest last."""
        deployment = self.deployment(self._any)
        if not deployment.function.exists:
            return []
        return [deployment.releases.code_sha256(version) for version in deployment.releases.kept()]

    def problems(self, before: str, commands: Collection[Typed]) -> Iterator[str]:
        """Yield violations after these commands, before which the hash `before` was served."""
        status, code = self.serving()
        kept = self.kept()
        for typed in commands:
            yield from self._of_output(typed)
        yield from (f"{self.name(sha)} is kept" for sha in kept if not self._works(sha))
        succeeded = [typed for typed in commands if typed.process.returncode == SUCCESS]
        failed = [typed for typed in commands if typed not in succeeded]
        allowed = {*kept, *(typed.release.sha256 for typed in failed if typed.command == "deploy")}
        if failed or not commands:
            allowed.add(before)
        if code and code not in allowed:
            yield f"{self.name(code)} is served"
        if len(commands) == 1 and succeeded:
            yield from self._of_success(succeeded[0], status, code, kept)

    def name(self, sha256: str) -> str:
        """Return a description of the hash."""
        return str(self.releases.get(sha256, "code of no release" if sha256 else "nothing"))

    def _of_success(self, typed: Typed, status: int, code: str, kept: list[str]) -> Iterator[str]:
        if typed.command == "undeploy":
            yield from self.left()
            return
        wanted = typed.release.sha256 if typed.command == "deploy" else (kept[-1] if kept else "")
        if (status, code) != (OK, wanted):
            yield f"{typed} succeeded, and the site answers {status} by {self.name(code)}, not {self.name(wanted)}"
        elif wanted not in kept:
            yield f"{typed} succeeded, and is not kept"
        else:
            yield from self._state(self.releases[wanted])

    def _state(self, release: StormRelease) -> Iterator[str]:
        """Compare the stage's state on AWS with the release's settings."""
        deployment = self.deployment(release)
        state = DeployedState(deployment)
        for check in (state.check_function, state.check_schedule, state.check_event_sources):
            try:
                check()
            except NotAsDeployed as error:
                yield f"{release}: {error}"
        if (VARIABLE in deployment.function.variables) != (VARIABLE in release.variables):
            yield f"{release}: the variable {VARIABLE} is not as its settings say"

    def left(self) -> Iterator[str]:
        """Yield remains of the stage outside the lower stacks."""
        try:
            DeployedState(self.deployment(self._any)).check_nothing_left()
        except NotAsDeployed as error:
            yield f"undeployed, and {error}"

    def _of_output(self, typed: Typed) -> Iterator[str]:
        if typed.crashed:
            yield f"{typed} ended with a traceback: {typed.said.strip().splitlines()[-1]}"
        elif typed.process.returncode not in {SUCCESS, 1} and not typed.was_interrupted:
            yield f"{typed} ended with {typed.process.returncode}"
        elif typed.process.returncode == 1 and not typed.said.strip():
            yield f"{typed} failed without a word"
        elif _rolled_back(typed) and "live now:" not in typed.said and not typed.was_interrupted:
            yield f"{typed} does not say what is live"

    def _works(self, sha256: str) -> bool:
        return sha256 in self.releases and self.releases[sha256].fails is Fails.NEVER

    @property
    def _any(self) -> StormRelease:
        return next(iter(self.releases.values()))


def _rolled_back(typed: Typed) -> bool:
    return any(words in typed.said for words in ROLLED_BACK)
