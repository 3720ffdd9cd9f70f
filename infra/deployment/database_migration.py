"""Migrations of the deployed release, run by the function, in as many invocations as they take."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from infra.deployment.deployed_function import DeployedFunction
from infra.deployment.polling import poll
from infra.errors import NotMigrated, SmokeTestFailed

JOB = "config.release_jobs.migrate"
LIMIT = timedelta(hours=1)
"""For all invocations together; as that of a stack."""
INVOCATION = timedelta(minutes=16)
"""More than Lambda's longest invocation takes, 15 minutes, with the time in which it starts."""
KEPT = "What was applied before is kept. Put it right, and deploy again."
ON_ANOTHER_MACHINE = (
    "Split it (one index per migration, rows in batches with `atomic = False`), or run this on a machine that reaches "
    "the database, with this commit: DATABASE_URL=... python manage.py migrate_release. Then deploy again."
)
REMEDIES = {
    "time": "It takes longer than one invocation. " + ON_ANOTHER_MACHINE,
    "lock": "Others kept a lock that it needs: a long transaction, a backup, a session that was forgotten "
    "(pg_stat_activity, by xact_start). End that, or wait for a quieter hour, and deploy again.",
    "other run": "Another process runs migrations on this database. Wait until it is done, and deploy again.",
}
"""What to do, by the reason for which a run stopped."""


@dataclass(frozen=True)
class DatabaseMigration:
    """The migration of one function's database. `limit` is for all of its invocations."""

    function: DeployedFunction
    limit: timedelta = LIMIT

    def run(self) -> str:
        """Invoke the function until the database is where the code is; return what was applied. Raises NotMigrated.

        Every migration is recorded by itself, so an interrupted run goes on where it stopped.
        """
        started, applied = time.monotonic(), 0
        while True:
            outcome = self._invoke()
            applied += len(outcome["applied"])
            if not outcome["stopped_by"]:
                return f"{applied} applied" if applied else "nothing to apply"
            print(f"\n    {applied} applied, {len(outcome['remaining'])} to go", end="", flush=True)
            is_late = time.monotonic() - started > self.limit.total_seconds()
            if is_late or not outcome["has_progressed"]:
                raise NotMigrated(_told(outcome))

    def _invoke(self) -> Any:
        """Run the job once, and tell every ten seconds that it is at work."""
        with ThreadPoolExecutor(1) as executor:
            answer = executor.submit(self.function.run, {"command": JOB})
            poll(lambda: "" if answer.done() else "the function migrates", INVOCATION)
            try:
                return answer.result()
            except SmokeTestFailed as error:
                raise NotMigrated(
                    f"{error}\nWhat was applied before is kept. Put it right, and deploy again."
                ) from error


def _told(outcome: dict[str, Any]) -> str:
    at = outcome["stopped_at"] or ", ".join(outcome["remaining"][:1])
    return f"{at} was not applied ({len(outcome['remaining'])} to go). {REMEDIES[outcome['stopped_by']]}"
