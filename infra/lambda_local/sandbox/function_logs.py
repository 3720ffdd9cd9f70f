"""The log of each function where Lambda writes it: a log group by the function's name in CloudWatch Logs."""

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
    """Writes what invocations logged. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""

    def __init__(self, client: "CloudWatchLogsClient") -> None:
        self._client = client

    def write(self, function: FunctionConfiguration, result: InvocationResult) -> None:
        """Put the invocation's lines into a stream of their own; a missing group is made, as by Lambda."""
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
