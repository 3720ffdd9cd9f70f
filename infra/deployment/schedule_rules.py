"""EventBridge rules that invoke a function, found by their targets: also when the function is gone."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


@dataclass(frozen=True)
class ScheduleRules:
    """The rules of the function with this ARN. `names` are those that Zappa gives the rules of the settings."""

    client: "EventBridgeClient"
    function_arn: str
    names: Collection[str]

    def find(self) -> list[str]:
        """Return the names of all rules that have the function as a target, and of those that Zappa began to make."""
        pages = self.client.get_paginator("list_rule_names_by_target").paginate(TargetArn=self.function_arn)
        return sorted({*(name for page in pages for name in page["RuleNames"]), *self._begun()})

    def remove(self) -> int:
        """Delete them, and return their number. One that has other targets loses only this one."""
        found = self.find()
        for name in found:
            targets = self._targets(name)
            ours = [target for target, arn in targets.items() if arn == self.function_arn]
            if ours:
                self.client.remove_targets(Rule=name, Ids=ours)
            if len(ours) == len(targets):
                self.client.delete_rule(Name=name)
        return len(found)

    def remove_begun(self) -> None:
        """Delete those that Zappa began to make, which it never finds again, of whatever release they are."""
        for name in self._begun():
            self.client.delete_rule(Name=name)

    def _begun(self) -> list[str]:
        """Return rules of ours without a target, as an interruption between Zappa's two calls leaves them.

        A rule of another release is told by its name: the function's, a dash, and a job, which has none. So those of a
        stage `dev-2` are not taken for those of `dev`.
        """
        prefix = f"{self.function_arn.rpartition(':')[2]}-"
        pages = self.client.get_paginator("list_rules").paginate(NamePrefix=prefix)
        there = [rule["Name"] for page in pages for rule in page["Rules"]]
        ours = [name for name in there if name in self.names or "-" not in name.removeprefix(prefix)]
        return [name for name in ours if not self._targets(name)]

    def _targets(self, name: str) -> dict[str, str]:
        pages = self.client.get_paginator("list_targets_by_rule").paginate(Rule=name)
        return {target["Id"]: target["Arn"] for page in pages for target in page["Targets"]}
