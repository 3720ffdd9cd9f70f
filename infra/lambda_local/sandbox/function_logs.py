"""Function logs in CloudWatch Logs, in the log group that Lambda writes to."""

import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from infra.lambda_local.sandbox.function_configuration import FunctionConfiguration
from infra.lambda_local.sandbox.invocation_result import InvocationResult

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import InputLogEventTypeDef


class FunctionLogs:
    """Writes the logs of invocations. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""

    def __init__(self, client: "CloudWatchLogsClient") -> None:
        self._client = client

    def write(self, function: FunctionConfiguration, result: InvocationResult) -> None:
        """Write the invocation's log to a new stream; create the group if it is missing, as Lambda does."""
        group = f"/aws/lambda/{function.name}"
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"
        self._provide(group)
        self._client.create_log_stream(logGroupName=group, logStreamName=stream)
        now = int(time.time() * 1000)
        events: list[InputLogEventTypeDef] = [
            {"timestamp": now, "message": line} for line in result.log.splitlines() if line.strip()
        ]
        self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def _provide(self, group: str) -> None:
        if not self._client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            self._client.create_log_group(logGroupName=group)
