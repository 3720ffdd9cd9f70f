"""Migrations of the deployed release, run by the function in as many invocations as needed."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment.deployed_function import DeployedFunction
from infra.errors import NotMigrated, SmokeTestFailed

JOB = "config.operations.release_jobs.migrate"
PLAN = "config.operations.release_jobs.migrations"
LIMIT = timedelta(hours=1)
"""Limit for all invocations together, as for a stack."""
PAUSE = timedelta(seconds=5)
"""Pause before retrying while another process migrates."""
OTHERS = timedelta(minutes=15)
"""Limit for another process: the longest Lambda invocation, whose response may have been lost.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
KEPT = "Migrations applied before are kept. Fix the cause and deploy again."
TOO_LONG = (
    "It takes longer than one invocation. Split it (one index per migration, rows in batches with `atomic = False`), "
    "or run this on a machine that reaches the database, with this commit: DATABASE_URL=... python manage.py "
    "migrate_release. Then deploy again."
)
REMEDIES = {
    "time": TOO_LONG,
    "lock": "Other sessions held a lock that it needs: a long transaction, a backup, a forgotten session "
    "(pg_stat_activity, by xact_start). End that, or wait for a quieter hour, and deploy again.",
    "other run": "Another process runs migrations on this database. Wait until it is done, and deploy again.",
}
"""Remedies by the reason why a run stopped."""

Outcome = dict[str, Any]
"""Result of a job: members of config.operations.release_migrations.MigrationRun, or applied and pending migrations."""


@dataclass(frozen=True)
class DatabaseMigration:
    """Migration of a function's database. `limit` is for all invocations."""

    function: DeployedFunction
    limit: timedelta = LIMIT
    pause: timedelta = PAUSE

    def run(self) -> str:
        """Print the pending migrations, and invoke the function until they are applied. Return their number in words.

        Every migration is recorded by itself, so an interrupted run continues where it stopped. Raises NotMigrated.
        """
        self._tell_plan()
        started, applied = time.monotonic(), 0
        while True:
            outcome = self._invoke(JOB)
            applied += len(outcome["applied"])
            if not outcome["stopped_by"]:
                return f"{applied} applied" if applied else "nothing to apply"
            self._go_on(outcome, timedelta(seconds=time.monotonic() - started))
            print(f"\n    {applied} applied, {len(outcome['remaining'])} to go", end="", flush=True)

    def open_gate(self) -> None:
        """Have the function open its gate, as every job of a deployment does first. Raises NotMigrated."""
        self._invoke(PLAN)

    def _tell_plan(self) -> None:
        """Print each migration with its locks; in a new database only their number."""
        planned = self._invoke(PLAN)
        lines = [f"{len(planned['pending'])} migrations of a new database"]
        if planned["applied"]:
            lines = [
                line for name, locks in planned["pending"].items() for line in (name, *(f"  {lock}" for lock in locks))
            ]
        print("".join(f"\n    {line}" for line in lines), end="", flush=True)

    def _invoke(self, job: str) -> Outcome:
        try:
            outcome: Outcome = self.function.run({"command": job})
        except SmokeTestFailed as error:
            what_to_do = TOO_LONG if "Task timed out" in str(error) else KEPT
            raise NotMigrated(f"{job} failed: {error}\n{what_to_do}") from error
        except (BotoCoreError, ClientError) as error:
            raise NotMigrated(f"AWS did not answer {job}, which may still be running: {error}\n{KEPT}") from error
        return outcome

    def _go_on(self, outcome: Outcome, elapsed: timedelta) -> None:
        """Return if another run would make progress. Raises NotMigrated."""
        if outcome["stopped_by"] == "other run" and elapsed < min(OTHERS, self.limit):
            time.sleep(self.pause.total_seconds())
        elif elapsed > self.limit or not outcome["has_progressed"]:
            at = outcome["stopped_at"] or ", ".join(outcome["remaining"][:1])
            remedy = REMEDIES[outcome["stopped_by"]]
            raise NotMigrated(f"{at} was not applied ({len(outcome['remaining'])} to go). {remedy}")
