"""Stage in `zappa_settings.json` as Zappa itself reads it: with defaults, and with `extends` resolved."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zappa.cli import ZappaCLI

from config.zappa.stages import SETTINGS_MODULE
from infra.errors import UnknownSchedule

SETTINGS_FILE = Path(__file__).resolve().parent.parent.parent / "zappa_settings.json"


@dataclass(frozen=True)
class Schedule:
    """Rule that Zappa creates for an event of the stage."""

    rule_name: str
    expression: str
    function: str
    kwargs: dict[str, Any]
    enabled: bool


@dataclass(frozen=True)
class QueueSource:
    """SQS queue that Zappa maps to the function."""

    arn: str
    batch_size: int
    enabled: bool


@dataclass(frozen=True)
class ZappaStage:
    """Stage settings of the deployed function."""

    name: str
    lambda_name: str
    region: str
    timeout_seconds: int
    memory_megabytes: int
    schedules: list[Schedule]
    queues: list[QueueSource]
    handler: str
    """Function that Lambda calls."""
    settings_module: str
    """Name of the stage's Django settings."""
    variables: dict[str, str]
    """Variables in Lambda's configuration."""
    dead_letter_arn: str
    """ARN of the dead-letter queue; empty if failed events are dropped."""
    handler_settings: str
    """Source of the module `zappa_settings`, which Zappa puts into the zip for its handler."""

    def schedule_of(self, function: str) -> Schedule:
        """Return the first schedule of a function, by its dotted name. Raises UnknownSchedule."""
        for schedule in self.schedules:
            if schedule.function == function:
                return schedule
        raise UnknownSchedule(f"stage {self.name} has no schedule for {function}")


def load_stage(name: str, settings_file: Path = SETTINGS_FILE) -> ZappaStage:
    """Load a stage. Raises click's ClickException with Zappa's own message if it refuses the file."""
    zappa = ZappaCLI()
    zappa.api_stage = name
    zappa.load_credentials = False  # otherwise it creates a dozen clients
    zappa.load_settings(str(settings_file))
    return ZappaStage(
        name=name,
        lambda_name=zappa.lambda_name,
        region=zappa.aws_region,
        timeout_seconds=zappa.timeout_seconds,
        memory_megabytes=zappa.memory_size,
        schedules=_schedules(zappa),
        queues=_queues(zappa),
        handler=zappa.lambda_handler,
        settings_module=zappa.django_settings or SETTINGS_MODULE,
        variables=zappa.aws_environment_variables,
        dead_letter_arn=zappa.dead_letter_config.get("TargetArn", ""),
        handler_settings=zappa.get_zappa_settings_string(),
    )


def _schedules(zappa: ZappaCLI) -> list[Schedule]:
    return [
        Schedule(
            rule_name=zappa.zappa.get_scheduled_event_name(event, event["function"], zappa.lambda_name, index),
            expression=expression,
            function=event["function"],
            kwargs=event.get("kwargs", {}),
            enabled=event.get("enabled", True),
        )
        for event in zappa.stage_config.get("events", [])
        for index, expression in enumerate(_expressions(event))
    ]


def _queues(zappa: ZappaCLI) -> list[QueueSource]:
    """Return the queues with the defaults of Zappa's BaseEventSource, which needs credentials."""
    sources = [event["event_source"] for event in zappa.stage_config.get("events", []) if event.get("event_source")]
    return [QueueSource(source["arn"], source.get("batch_size", 10), source.get("enabled", True)) for source in sources]


def _expressions(event: dict[str, Any]) -> list[str]:
    if "expression" in event:
        return [event["expression"]]
    return list(event.get("expressions", []))
