"""EventBridge rules that invoke a function, found by their targets, even if the function is gone."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


@dataclass(frozen=True)
class ScheduleRules:
    """Rules of the function with this ARN. `names` are Zappa's names for the rules in the settings."""

    client: "EventBridgeClient"
    function_arn: str
    names: Collection[str]

    def find(self) -> list[str]:
        """Return the names of all rules with the function as a target, and of incomplete ones."""
        pages = self.client.get_paginator("list_rule_names_by_target").paginate(TargetArn=self.function_arn)
        return sorted({*(name for page in pages for name in page["RuleNames"]), *self._begun()})

    def remove(self) -> int:
        """Delete the rules and return their number. Rules with other targets lose only this one."""
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
        """Delete incomplete rules of any release, which Zappa would never find again."""
        for name in self._begun():
            self.client.delete_rule(Name=name)

    def _begun(self) -> list[str]:
        """Return our rules without a target, left by an interruption between Zappa's two calls.

        A rule of another release is recognised by its name: the function's, a dash, and a job without dashes. So rules
        of a stage `dev-2` are not mistaken for those of `dev`.
        """
        prefix = f"{self.function_arn.rpartition(':')[2]}-"
        pages = self.client.get_paginator("list_rules").paginate(NamePrefix=prefix)
        there = [rule["Name"] for page in pages for rule in page["Rules"]]
        ours = [name for name in there if name in self.names or "-" not in name.removeprefix(prefix)]
        return [name for name in ours if not self._targets(name)]

    def _targets(self, name: str) -> dict[str, str]:
        pages = self.client.get_paginator("list_targets_by_rule").paginate(Rule=name)
        return {target["Id"]: target["Arn"] for page in pages for target in page["Targets"]}
