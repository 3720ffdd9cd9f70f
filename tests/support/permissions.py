"""Evaluation of IAM policies in the templates' forms.

A deny overrides an allow, and the default is deny.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """Action on a resource, with the context keys set by the service."""

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


def is_allowed(policies: Sequence[Mapping[str, Any]], call: Call) -> bool:
    """Return True if a statement allows the call and none denies it."""
    effects = {
        statement["Effect"] for policy in policies for statement in policy["Statement"] if _speaks_of(statement, call)
    }
    return effects == {"Allow"}


def _speaks_of(statement: Statement, call: Call) -> bool:
    if "NotAction" in statement:
        names = not any(_matches(pattern.lower(), call.action.lower()) for pattern in _listed(statement["NotAction"]))
    else:
        names = any(_matches(pattern.lower(), call.action.lower()) for pattern in _listed(statement["Action"]))
    return (
        names
        and _names_resource(statement, call.resource)
        and all(_holds(operator, keys, call) for operator, keys in statement.get("Condition", {}).items())
    )


def _names_resource(statement: Statement, resource: str) -> bool:
    if "NotResource" in statement:
        return not any(_matches(pattern, resource) for pattern in _listed(statement["NotResource"]))
    return any(_matches(pattern, resource) for pattern in _listed(statement["Resource"]))


def _holds(operator: str, keys: Mapping[str, str], call: Call) -> bool:
    """Return True if the condition holds.

    A missing key fails StringEquals and ArnEquals, and satisfies StringNotEquals.
    """
    equal = [call.context.get(key) == wanted for key, wanted in keys.items()]
    match operator:
        case "StringEquals" | "ArnEquals":
            return all(equal)
        case "StringNotEquals":
            return not any(equal)
    raise NotImplementedError(operator)


def _matches(pattern: str, text: str) -> bool:
    parts = ({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch("".join(parts), text) is not None


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
