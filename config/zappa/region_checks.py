"""Checks of a stage's region and the ARNs in its settings. Ids: checks.py."""

import re
from collections.abc import Iterator, Sequence

from django.core.checks import CheckMessage, Error

from config.zappa.stages import Stage

COMMERCIAL = re.compile(r"^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$")
"""Regions of the partition `aws` as in botocore/data/partitions.json; a test compares them."""
PARTITION_HINT = (
    "Use a region of the partition aws, such as eu-central-1. China, GovCloud and other partitions are not supported: "
    "their ARNs and host names differ from those that Zappa and this project generate."
)
VARIABLES = ("SNS_TOPIC_ARN", "SECRET_ARN")
"""Variables that contain an ARN."""


def named_arns(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield the ARNs in the settings, each with its key."""
    variables = stage.settings.get("aws_environment_variables")
    for key in ("role_arn", "dead_letter_arn"):
        yield key, str(stage.settings.get(key) or "")
    for key in VARIABLES:
        yield key, str(variables.get(key) or "") if isinstance(variables, dict) else ""
    for event in stage.events:
        yield f"the event_source of {event.function}", event.source_arn


def check_regions(stages: Sequence[Stage]) -> list[CheckMessage]:
    """Return an error for each stage without a supported region, and for each ARN of another region."""
    return [message for stage in stages for message in (*_check_region(stage), *_check_arns(stage))]


def _check_region(stage: Stage) -> Iterator[CheckMessage]:
    region = stage.settings.get("aws_region")
    if not isinstance(region, str) or not COMMERCIAL.fullmatch(region):
        text = f"aws_region {region!r} is not a supported region"
        yield Error(text, hint=PARTITION_HINT, obj=_where(stage), id="config.E050")


def _check_arns(stage: Stage) -> Iterator[CheckMessage]:
    region = stage.settings.get("aws_region")
    for key, arn in named_arns(stage):
        found = arn.split(":")
        if len(found) > 4 and (found[1] != "aws" or found[3] not in ("", region)):
            text = f"{key} belongs to {found[1]} {found[3]}, but the stage to aws {region}"
            hint = "A function uses resources in its own region. Copy the ARN from the output of `make stack`."
            yield Error(text, hint=hint, obj=_where(stage), id="config.E051")


def _where(stage: Stage) -> str:
    return f"zappa_settings.json {stage.name}"
