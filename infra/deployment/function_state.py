"""State of a Lambda function: running or failed operations.

https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SETTLED = {"Active", "Inactive"}
"""AWS makes an idle function Inactive, and Active again at its next invocation."""


@dataclass(frozen=True)
class FunctionState:
    """State and last update of a function, with AWS's reasons. `configuration` is from GetFunction."""

    configuration: Mapping[str, Any]

    @property
    def is_at_work(self) -> bool:
        """True while AWS creates or updates the function; until then the previous configuration runs."""
        return self._state == "Pending" or self._update == "InProgress"

    @property
    def has_failed(self) -> bool:
        """True if AWS failed to create or update the function."""
        return not self.is_at_work and (self._state not in SETTLED or self._update != "Successful")

    def __str__(self) -> str:
        state, update = (self._with_reason(key) for key in ("State", "LastUpdateStatus"))
        return f"state {state}, last update {update}"

    @property
    def _state(self) -> str:
        return str(self.configuration.get("State", "Active"))

    @property
    def _update(self) -> str:
        return str(self.configuration.get("LastUpdateStatus", "Successful"))

    def _with_reason(self, key: str) -> str:
        value = self._state if key == "State" else self._update
        reason = ": ".join(filter(None, (self.configuration.get(f"{key}{part}") for part in ("ReasonCode", "Reason"))))
        return f"{value} ({reason})" if reason else value
