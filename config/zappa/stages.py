"""What zappa_settings.json says, read as Zappa 0.63 reads it: stages, what they inherit, what they schedule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

LONGEST_RULE_NAME = 63
"""Characters. EventBridge allows 64, but from 64 on Zappa writes a hash in the place of the Lambda function's name."""

TRIGGERS = ("expression", "expressions", "event_source")
"""The keys of an entry of `events` that say when it runs. Zappa obeys the first one it finds."""

EVENT_KEYS = {
    "function": str,
    "name": str,
    "expression": str,
    "expressions": list,
    "event_source": dict,
}


class ZappaSettingsError(ValueError):
    """Base of what makes the file as a whole unusable. `check_id` is the id of the system check that reports it."""

    check_id: ClassVar[str]


class UnreadableSettings(ZappaSettingsError):
    """There is no such file, or it is not JSON."""

    check_id = "config.E001"


class BrokenInheritance(ZappaSettingsError):
    """A stage `extends` one that does not exist, or itself in a circle."""

    check_id = "config.E002"


class MalformedSettings(ZappaSettingsError):
    """A value has a type that Zappa cannot work with."""

    check_id = "config.E003"


@dataclass(frozen=True)
class Event:
    """One entry of `events`: a function, and what makes it run."""

    function: str
    name: str
    triggers: tuple[str, ...]
    expressions: tuple[str, ...]
    source_arn: str

    def rule_names(self, lambda_name: str) -> list[str]:
        """The EventBridge rules that Zappa makes, before it shortens what is over LONGEST_RULE_NAME."""
        name = self.function if self.name == self.function else f"{self.name}-{self.function}"
        numbered = [f"{index}-{name}" if index else name for index in range(len(self.expressions))]
        return [f"{lambda_name}-{name}" for name in numbered]


@dataclass(frozen=True)
class Stage:
    """One stage with what it inherits. `settings` is what Zappa sees."""

    name: str
    settings: Mapping[str, Any]
    events: tuple[Event, ...]

    @property
    def lambda_name(self) -> str:
        """The Lambda function's name."""
        # Ten milliseconds that a cold start, which reads the stages too, need not pay.
        from slugify import slugify  # noqa: PLC0415

        return slugify(f"{self.settings.get('project_name', '')}-{self.name}")


def read_document(path: Path) -> dict[str, dict[str, Any]]:
    """The file as it stands: settings by stage. Raises UnreadableSettings and MalformedSettings."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableSettings(f"{path.name} cannot be read: {error}") from error
    if not isinstance(document, dict) or not all(isinstance(stage, dict) for stage in document.values()):
        raise MalformedSettings(f"{path.name} must hold one JSON object, and in it one object a stage")
    return document


def read_stages(document: Mapping[str, Mapping[str, Any]]) -> list[Stage]:
    """Every stage with what it inherits. Raises BrokenInheritance and MalformedSettings."""
    return [_stage(name, _inherited(document, name, ())) for name in document]


def function_of_rule(rule_name: str) -> str:
    """The function that Zappa's handler runs when this rule fires."""
    return rule_name.rsplit("-", maxsplit=1)[-1]


def _inherited(document: Mapping[str, Mapping[str, Any]], name: str, heirs: tuple[str, ...]) -> dict[str, Any]:
    if name in heirs:
        raise BrokenInheritance(f"stage {heirs[0]!r} extends itself: {' extends '.join((*heirs, name))}")
    if name not in document:
        raise BrokenInheritance(f"stage {heirs[-1]!r} extends {name!r}, which is not in the file")
    parent = document[name].get("extends")
    inherited = _inherited(document, str(parent), (*heirs, name)) if parent else {}
    return inherited | dict(document[name])


def _stage(name: str, settings: Mapping[str, Any]) -> Stage:
    entries = settings.get("events", [])
    if not isinstance(entries, list):
        raise MalformedSettings(f"{name}.events must be a list")
    return Stage(name, settings, tuple(_event(f"{name}.events[{i}]", entry) for i, entry in enumerate(entries)))


def _event(where: str, entry: Any) -> Event:
    _refuse_malformed(where, entry)
    single = [entry["expression"]] if entry.get("expression") else []
    return Event(
        function=entry["function"],
        name=entry.get("name", entry["function"]),
        triggers=tuple(key for key in TRIGGERS if entry.get(key)),
        expressions=tuple(map(str, single or entry.get("expressions", []))),
        source_arn=str(entry.get("event_source", {}).get("arn", "")),
    )


def _refuse_malformed(where: str, entry: Any) -> None:
    if not isinstance(entry, dict) or not entry.get("function"):
        raise MalformedSettings(f"{where} must be an object with a 'function'")
    for key, kind in EVENT_KEYS.items():
        if key in entry and not isinstance(entry[key], kind):
            raise MalformedSettings(f"{where}.{key} is not a {kind.__name__}")
