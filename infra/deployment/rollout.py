"""Bringing a release to a stage, and going back to an earlier one."""

from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import NotAsPackaged, SmokeTestFailed, ZappaFailed
from infra.packaging.package import make_package
from infra.packaging.release import Release, recorded_commit


def deploy_commit(deployment: Deployment, steps: Steps) -> None:
    """Deploy what is committed. Raises DirtyRelease where the working tree holds anything else, and as `deploy`."""
    steps.take("check the working tree", Release.read().refuse_changes)
    deploy(deployment, steps)


def deploy(deployment: Deployment, steps: Steps, package: Path | None = None) -> None:
    """Everything, in the order that never leaves half of it: what can be refused is refused before the first change.

    A release that fails once it is uploaded is taken back to the last one that was kept. Raises Refused, StackFailed,
    PackagingFailed, ZappaFailed, NotAsPackaged, SmokeTestFailed.
    """
    steps.take("check the settings", deployment.check_here)
    steps.take("check stack, secret and sender", deployment.check_there)
    zipped = package or steps.take("package", lambda: make_package(deployment.stage_name))
    steps.take("check the package", lambda: deployment.check_package(zipped))
    steps.take("stack", deployment.update_stack)
    if not deployment.target.runs_here:
        steps.take("first run, not run here before", lambda: deployment.run_first(zipped))
    try:
        steps.take("zappa", lambda: deployment.upload(zipped))
        steps.take("compare what runs with what was tested", lambda: deployment.compare(zipped))
        steps.take("retries and dead letters", deployment.complete)
        steps.take("migrate", deployment.migrate)
        steps.take("smoke test", deployment.smoke_test)
    except (ZappaFailed, NotAsPackaged, SmokeTestFailed, ClientError, BotoCoreError):
        _take_back(deployment, steps)
        raise
    steps.take("keep this release", lambda: deployment.releases.keep(f"commit {recorded_commit(zipped)}"))
    print(f"  {deployment.url()}/")


def rollback(deployment: Deployment, steps: Steps) -> None:
    """Go back to the release before this one: code, configuration and schedule; the database stays as it is."""
    target = deployment.releases.previous()
    then = steps.take(f"go back to version {target}", lambda: deployment.go_back_to(target))
    steps.take("smoke test", then.smoke_test)
    steps.take("keep this release", lambda: deployment.releases.keep_instead(target))


def _take_back(deployment: Deployment, steps: Steps) -> None:
    kept = deployment.releases.kept() if deployment.function.exists else []
    if not kept:
        print("  There is no earlier release to go back to. Put it right and deploy again.")
        return
    then = steps.take(f"go back to version {kept[-1]}", lambda: deployment.go_back_to(kept[-1]))
    steps.take("smoke test", then.smoke_test)
