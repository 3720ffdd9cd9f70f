"""The region of a stage, and the ARNs in its settings, which must be of it. Ids: checks.py."""

import re
from collections.abc import Iterator, Sequence

from django.core.checks import CheckMessage, Error

from config.zappa.stages import Stage

COMMERCIAL = re.compile(r"^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$")
"""Regions of the partition `aws`, as botocore/data/partitions.json describes them; a test compares them."""
PARTITION_HINT = (
    "Name one of the partition aws, such as eu-central-1. China, GovCloud and other partitions are not supported: "
    "their ARNs and addresses differ from those that Zappa and this project write."
)
VARIABLES = ("SNS_TOPIC_ARN", "SECRET_ARN")
"""Of `aws_environment_variables`, those that hold an ARN."""


def named_arns(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield the ARNs of the settings, and what names them."""
    variables = stage.settings.get("aws_environment_variables")
    for key in ("role_arn", "dead_letter_arn"):
        yield key, str(stage.settings.get(key) or "")
    for key in VARIABLES:
        yield key, str(variables.get(key) or "") if isinstance(variables, dict) else ""
    for event in stage.events:
        yield f"the event_source of {event.function}", event.source_arn


def check_regions(stages: Sequence[Stage]) -> list[CheckMessage]:
    """Return an error for each stage without a usable region, and for each ARN that is of another one."""
    return [message for stage in stages for message in (*_check_region(stage), *_check_arns(stage))]


def _check_region(stage: Stage) -> Iterator[CheckMessage]:
    region = stage.settings.get("aws_region")
    if not isinstance(region, str) or not COMMERCIAL.fullmatch(region):
        text = f"aws_region {region!r} is no region that this project deploys to"
        yield Error(text, hint=PARTITION_HINT, obj=_where(stage), id="config.E050")


def _check_arns(stage: Stage) -> Iterator[CheckMessage]:
    region = stage.settings.get("aws_region")
    for key, arn in named_arns(stage):
        found = arn.split(":")
        if len(found) > 4 and (found[1] != "aws" or found[3] not in ("", region)):
            text = f"{key} is of {found[1]} {found[3]}, and the stage is of aws {region}"
            hint = "A function reaches what is in its own region. Write the ARN that `make stack` shows."
            yield Error(text, hint=hint, obj=_where(stage), id="config.E051")


def _where(stage: Stage) -> str:
    return f"zappa_settings.json {stage.name}"
