"""Reserved concurrency of a function: the number of sandboxes reserved for it, and its limit.

The stage's setting `lambda_concurrency` sets it. Without it each `zappa update` deletes the reservation.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

SETTING = "lambda_concurrency"
LEAST_UNRESERVED = 100
"""Sandboxes that AWS keeps for functions without a reservation."""

OfReleases = Callable[[], Collection[int | None]]
"""Return the settings of releases. Called only if needed, because they are in the zips."""


@dataclass(frozen=True)
class ReservedConcurrency:
    """Reservation of one function."""

    client: "LambdaClient"
    function_name: str

    def found(self) -> int | None:
        """Return the reserved number; None without a reservation or function."""
        try:
            answer = self.client.get_function_concurrency(FunctionName=self.function_name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return answer.get("ReservedConcurrentExecutions")

    def problems(self, wanted: int | None, of_releases: OfReleases) -> Iterator[str]:
        """Yield the reasons why a deployment would lose a reservation, or could not create it.

        `zappa update` may delete a reservation that a release has set and this one does not.
        """
        found = self.found()
        if wanted is not None:
            yield from self._excess(wanted, found or 0)
        elif found is not None and found not in of_releases():
            yield (
                f"somebody has reserved {found} sandboxes for {self.function_name}, and `zappa update` gives them up. "
                f'Write "{SETTING}": {found} into the stage in zappa_settings.json, or do so too: `{self._deletion}`.'
            )

    def restore(self, wanted: int | None, of_releases: OfReleases) -> str:
        """Reserve the number of an earlier release. Return a message about a reservation left unchanged.

        A reservation that no release has set belongs to somebody else, and stays.
        """
        if wanted is not None:
            self.client.put_function_concurrency(FunctionName=self.function_name, ReservedConcurrentExecutions=wanted)
            return ""
        found = self.found()
        if found is None:
            return ""
        if found not in of_releases():
            return f"{found} reserved sandboxes stay, which no release has set; to give them up: `{self._deletion}`"
        self.client.delete_function_concurrency(FunctionName=self.function_name)
        return ""

    def _excess(self, wanted: int, found: int) -> Iterator[str]:
        limits = self.client.get_account_settings()["AccountLimit"]
        available = limits["UnreservedConcurrentExecutions"] + found - LEAST_UNRESERVED
        if wanted > available:
            yield (
                f'"{SETTING}": {wanted} is more than the account can reserve here: {max(available, 0)} of its '
                f"{limits['ConcurrentExecutions']} sandboxes, since {LEAST_UNRESERVED} stay for functions without a "
                "reservation. Reserve less, or ask for more at Service Quotas: Lambda, concurrent executions."
            )

    @property
    def _deletion(self) -> str:
        return (
            f"aws lambda delete-function-concurrency --function-name {self.function_name} "
            f"--region {self.client.meta.region_name}"
        )
