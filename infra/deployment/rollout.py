"""Deployment of a release to a stage, and rollback to an earlier one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from infra.deployment.deployment import Deployment
from infra.deployment.deployment_lock import DeploymentLock
from infra.deployment.stage_summary import StageSummary
from infra.deployment.steps import Steps
from infra.errors import NoRelease, RollbackFailed, RolledBack
from infra.packaging.package import make_package
from infra.packaging.release import Release

T = TypeVar("T")


def deploy_commit(deployment: Deployment, steps: Steps) -> None:
    """Deploy the committed files. Raises DirtyRelease if the working tree differs, and the errors of `deploy`."""
    steps.take("check the working tree", Release.read().refuse_changes)
    deploy(deployment, steps)


def deploy(deployment: Deployment, steps: Steps, package: Path | None = None) -> None:
    """Run all steps of a deployment; everything that can be refused is refused before the first change.

    A release that fails after its upload is rolled back to the last kept one. Raises Refused, DeploymentLocked,
    StackFailed, PackagingFailed, RolledBack and RollbackFailed.
    """
    steps.take("check the settings", deployment.check_here)
    steps.take("check stack, secret and sender", deployment.check_there)
    with _alone(deployment, steps, "deploy") as rollout:
        zipped = package or rollout.take("package", lambda: make_package(deployment.stage_name))
        rollout.take("check the package", lambda: deployment.check_package(zipped))
        rollout.take("stack", deployment.update_stack)
        if not deployment.target.runs_here:
            rollout.take("first run, not run here before", lambda: deployment.run_first(zipped))
        rollout.take("open the gate", deployment.forget_markers)
        rollout.bring_out(zipped)
        rollout.take("delete unused versions", deployment.releases.prune)
    print(f"  {deployment.url()}/")


def rollback(deployment: Deployment, steps: Steps) -> None:
    """Restore code, configuration and schedule of the previous release; the database stays unchanged.

    Can be repeated after an interruption. Raises Refused, DeploymentLocked, ZappaFailed, NotAsPackaged and
    SmokeTestFailed.
    """
    with _alone(deployment, steps, "rollback") as rollout:
        target = deployment.releases.previous()
        deployment.releases.aim_at(target)
        rollout.go_back_to(target)
        rollout.take("keep this release", lambda: deployment.releases.keep_until(target))


@contextmanager
def _alone(deployment: Deployment, steps: Steps, command: str) -> "Iterator[Rollout]":
    """Hold the stage's lock, and print the running release and the next command at the end, even after errors."""
    deployment.bucket.provide()
    lock = deployment.lock(command)
    with lock.held():
        try:
            yield Rollout(deployment, steps, lock)
        finally:
            print(StageSummary(deployment), flush=True)


@dataclass(frozen=True)
class Rollout:
    """Steps of a command with exclusive access to the stage."""

    deployment: Deployment
    steps: Steps
    lock: DeploymentLock

    def take(self, name: str, step: Callable[[], T]) -> T:
        """Take a step while the lock is held. Raises DeploymentLockLost, and the errors of the step."""
        self.lock.check()
        return self.steps.take(name, step)

    def bring_out(self, package: Path) -> None:
        """Upload, complete, migrate, test and keep a release. Raises RolledBack and RollbackFailed."""
        try:
            self._bring_out(package)
        except Exception as error:  # whatever the error is, the kept release must run
            self._roll_back(error)
            raise RolledBack(f"The release was rolled back: {_headline(error)}") from error

    def go_back_to(self, version: str) -> None:
        """Restore a kept release and test it. Raises SmokeTestFailed, and the errors of Deployment.go_back_to."""
        then = self.take(f"restore version {version}", lambda: self.deployment.go_back_to(version))
        self.take("open the gate", then.open_gate)
        self.take("smoke test", then.smoke_test)

    def _bring_out(self, package: Path) -> None:
        deployment = self.deployment
        self.take("zappa", lambda: deployment.upload(package))
        self.take("compare the running code with the package", lambda: deployment.compare(package))
        self.take("retries and dead letters", deployment.complete)
        self.take("migrate", deployment.migrate)
        self.take("smoke test", deployment.smoke_test)
        self.take("keep this release", lambda: deployment.keep(package))

    def _roll_back(self, error: Exception) -> None:
        """Roll back. Prints the failure first, so that a failed rollback cannot hide it. Raises RollbackFailed."""
        print(f"  {error}\n", flush=True)
        try:
            self.lock.check()
            self.go_back_to(self._last_kept())
        except Exception as failure:  # noqa: BLE001 - any failure is reported with the first one
            raise RollbackFailed(
                f"The release failed: {_headline(error)}\nThe rollback failed: {_headline(failure)}"
            ) from error

    def _last_kept(self) -> str:
        """Return the last kept version. Raises NoRelease if there is none."""
        kept = self.deployment.releases.kept() if self.deployment.function.exists else []
        if not kept:
            raise NoRelease("there is no earlier release to roll back to. Fix the cause and deploy again.")
        return kept[-1]


def _headline(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
