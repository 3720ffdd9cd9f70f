"""The gate's item, as seen from outside the function."""

from collections.abc import Mapping

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from foundation.gate_store import KEY
from infra.deployment.stage_values import GATE_TABLE


def forget_markers(variables: Mapping[str, str], region: str) -> str:
    """Delete the item of a release with these variables before it runs. Return what came of it.

    A release without a gate leaves the item as it was. The first one with a gate after it would sleep on what was due
    before. Nothing is raised: a deployment or rollback must go on, and the ceiling bounds what is late.
    """
    table = variables.get(GATE_TABLE)
    if not table:
        return "this release has none"
    try:
        boto3.client("dynamodb", region_name=region).delete_item(TableName=table, Key=KEY)
    except (BotoCoreError, ClientError) as error:
        return f"it may be closed for GATE_CEILING_HOURS at most (docs/runbook.md, After a change by hand): {error}"
    return "until the first job has found what is due"
