"""Stages in zappa_settings.json as Zappa 0.63 reads them: inheritance, settings and schedules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

LONGEST_RULE_NAME = 63
"""Characters. EventBridge allows 64, but from 64 on Zappa replaces the Lambda function's name with a hash."""

SETTINGS_MODULE = "config.settings"
"""Django settings of a stage that names none in `django_settings`."""

TRIGGERS = ("expression", "expressions", "event_source")
"""Keys of an entry in `events` that trigger it. Zappa uses the first one it finds."""

EVENT_KEYS = {
    "function": str,
    "name": str,
    "expression": str,
    "expressions": list,
    "event_source": dict,
}


class ZappaSettingsError(ValueError):
    """Base class for an unusable file. `check_id` is the id of the system check that reports it."""

    check_id: ClassVar[str]


class UnreadableSettings(ZappaSettingsError):
    """The file does not exist or is not JSON."""

    check_id = "config.E001"


class BrokenInheritance(ZappaSettingsError):
    """A stage `extends` an unknown stage, or itself in a circle."""

    check_id = "config.E002"


class MalformedSettings(ZappaSettingsError):
    """A value has a type that Zappa cannot handle."""

    check_id = "config.E003"


@dataclass(frozen=True)
class Event:
    """Entry in `events`: a function and its trigger."""

    function: str
    name: str
    triggers: tuple[str, ...]
    expressions: tuple[str, ...]
    source_arn: str

    def rule_names(self, lambda_name: str) -> list[str]:
        """Return the names of the EventBridge rules before Zappa shortens those over LONGEST_RULE_NAME."""
        name = self.function if self.name == self.function else f"{self.name}-{self.function}"
        numbered = [f"{index}-{name}" if index else name for index in range(len(self.expressions))]
        return [f"{lambda_name}-{name}" for name in numbered]


@dataclass(frozen=True)
class Stage:
    """Stage with inherited settings, as Zappa sees it."""

    name: str
    settings: Mapping[str, Any]
    events: tuple[Event, ...]

    @property
    def lambda_name(self) -> str:
        # Imported late: it takes ten milliseconds, and a cold start reads the stages too.
        from slugify import slugify  # noqa: PLC0415

        return slugify(f"{self.settings.get('project_name', '')}-{self.name}")

    @property
    def settings_module(self) -> str:
        """Name of the stage's Django settings; a fork has its own."""
        return str(self.settings.get("django_settings") or SETTINGS_MODULE)


def read_document(path: Path) -> dict[str, dict[str, Any]]:
    """Return the file's content: settings by stage. Raises UnreadableSettings and MalformedSettings."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableSettings(f"{path.name} cannot be read: {error}") from error
    if not isinstance(document, dict) or not all(isinstance(stage, dict) for stage in document.values()):
        raise MalformedSettings(f"{path.name} must contain one JSON object with one object per stage")
    return document


def read_stages(document: Mapping[str, Mapping[str, Any]]) -> list[Stage]:
    """Return all stages with inherited settings. Raises BrokenInheritance and MalformedSettings."""
    return [_stage(name, _inherited(document, name, ())) for name in document]


def function_of_rule(rule_name: str) -> str:
    """Return the function that Zappa's handler runs when the rule fires."""
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
