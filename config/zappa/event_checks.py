"""Checks of a stage's `events` for errors that would show only after the deployment, or never. Ids: checks.py."""

import inspect
import re
from collections import Counter
from collections.abc import Sequence
from inspect import Parameter

from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.utils.module_loading import import_string

from config.zappa.schedule_expressions import ScheduleExpressionError, validate_schedule
from config.zappa.stages import LONGEST_RULE_NAME, Event, Stage, function_of_rule

RULE_NAME = re.compile(r"[.\-_A-Za-z0-9]+")
"""https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""

QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?")
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""

JOB_PARAMETERS = [("event", Parameter.POSITIONAL_OR_KEYWORD), ("context", Parameter.POSITIONAL_OR_KEYWORD)]


def check_events(stages: Sequence[Stage]) -> list[CheckMessage]:
    """Check functions, schedules and rule names of every event, and rule names across all stages."""
    found: list[CheckMessage] = []
    for stage in stages:
        for event in stage.events:
            where = f"zappa_settings.json {stage.name} event {event.name}"
            found += _function_errors(where, event)
            found += _trigger_errors(where, event)
            found += _rule_errors(where, event, stage.lambda_name)
    return found + _collisions(stages) + _shared_queues(stages) + _missing_jobs(stages)


def _function_errors(where: str, event: Event) -> list[CheckMessage]:
    if not all(part.isidentifier() for part in event.function.split(".")):
        return [_import_error(where, event, "it is not a dotted path of Python names")]
    try:
        job = import_string(event.function)
    except ImportError as error:
        return [_import_error(where, event, str(error))]
    return [] if _is_job(job) else [_signature_error(where, event)]


def _import_error(where: str, event: Event, reason: str) -> CheckMessage:
    return Error(
        f"{event.function} cannot be imported: {reason}",
        hint="Zappa deploys it without an error, and each scheduled run then fails.",
        obj=where,
        id="config.E010",
    )


def _is_job(job: object) -> bool:
    if not inspect.isfunction(job) or inspect.iscoroutinefunction(job) or inspect.isgeneratorfunction(job):
        return False
    parameters = inspect.signature(job, follow_wrapped=False).parameters.values()
    plain = all(parameter.default is Parameter.empty for parameter in parameters)
    return plain and [(parameter.name, parameter.kind) for parameter in parameters] == JOB_PARAMETERS


def _signature_error(where: str, event: Event) -> CheckMessage:
    return Error(
        f"{event.function} is not a plain function of exactly (event, context)",
        hint="After any TypeError Zappa calls a job again with fewer arguments: a tolerant job runs three times."
        " Defaults, *args, async, yield, and decorators with *args in the wrapper are not allowed.",
        obj=where,
        id="config.E011",
    )


def _trigger_errors(where: str, event: Event) -> list[CheckMessage]:
    found = [error for expression in event.expressions for error in _schedule_errors(where, expression)]
    if len(event.triggers) != 1:
        found.append(_trigger_error(where, event))
    if ":sns:" in event.source_arn:
        found.append(_sns_error(where))
    elif "event_source" in event.triggers and not QUEUE_ARN.fullmatch(event.source_arn):
        found.append(_source_error(where, event))
    return found


def _schedule_errors(where: str, expression: str) -> list[CheckMessage]:
    try:
        validate_schedule(expression)
    except ScheduleExpressionError as error:
        hint = "See https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html"
        return [Error(str(error), hint=hint, obj=where, id="config.E015")]
    return []


def _trigger_error(where: str, event: Event) -> CheckMessage:
    return Error(
        f"needs one of expression, expressions and event_source, and has {', '.join(event.triggers) or 'none'}",
        hint="Zappa uses the first one and silently ignores the others.",
        obj=where,
        id="config.E016",
    )


def _sns_error(where: str) -> CheckMessage:
    return Error(
        "an SNS topic must not invoke the function",
        hint="A message with a `command` key would run any function it names. Put an SQS queue between them.",
        obj=where,
        id="config.E017",
    )


def _source_error(where: str, event: Event) -> CheckMessage:
    return Error(
        f"the event source {event.source_arn!r} is not an SQS queue",
        hint="The function accepts messages from SQS queues only.",
        obj=where,
        id="config.E019",
    )


def _rule_errors(where: str, event: Event, lambda_name: str) -> list[CheckMessage]:
    rules = event.rule_names(lambda_name)
    too_long = [_length_error(where, rule) for rule in rules if len(rule) > LONGEST_RULE_NAME]
    return too_long + [_name_error(where, rule) for rule in rules if not _leads_to(rule, event.function)]


def _leads_to(rule: str, function: str) -> bool:
    return function_of_rule(rule) == function and bool(RULE_NAME.fullmatch(rule))


def _length_error(where: str, rule: str) -> CheckMessage:
    return Error(
        f"the rule name {rule} has {len(rule)} characters; Zappa shortens names over {LONGEST_RULE_NAME}",
        hint="Shorten project_name, the stage or the event's name; Zappa would replace the first two with a hash.",
        obj=where,
        id="config.E013",
    )


def _name_error(where: str, rule: str) -> CheckMessage:
    return Error(
        f"Zappa cannot extract the function from the rule name {rule!r}",
        hint="It runs what follows the last '-'. Only letters, digits, '.', '_' and '-' are allowed.",
        obj=where,
        id="config.E014",
    )


def _collisions(stages: Sequence[Stage]) -> list[CheckMessage]:
    rules = Counter(rule for stage in stages for event in stage.events for rule in event.rule_names(stage.lambda_name))
    hint = "Only the last schedule would be kept. Use `expressions`, or give each event its own `name`."
    return [
        Error(f"{count} schedules share the rule {rule}", hint=hint, obj="zappa_settings.json", id="config.E012")
        for rule, count in rules.items()
        if count > 1
    ]


def _shared_queues(stages: Sequence[Stage]) -> list[CheckMessage]:
    queues = Counter(event.source_arn for stage in stages for event in stage.events if event.source_arn)
    hint = "Each message goes to one of them only. A stage inherits queues from the stage it `extends`: list `events`."
    return [
        Error(f"{count} events read from {arn}", hint=hint, obj="zappa_settings.json", id="config.E018")
        for arn, count in queues.items()
        if count > 1
    ]


def _missing_jobs(stages: Sequence[Stage]) -> list[CheckMessage]:
    """Compare the stages: Zappa replaces `events` of an extended stage as a whole, so each stage repeats the list."""
    everywhere = {event.function for stage in stages for event in stage.events}
    return [
        CheckWarning(
            f"{stage.name} does not run {function}, which another stage runs",
            hint="Add it to the stage's events, or silence this warning if the stage is meant to go without it.",
            obj=f"zappa_settings.json {stage.name}",
            id="config.W063",
        )
        for stage in stages
        if stage.events
        for function in sorted(everywhere - {event.function for event in stage.events})
    ]
