"""Deployed Lambda function: configuration beyond Zappa's, and invocations of its jobs."""

import json
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.deployment import polling
from infra.deployment.event_source_mappings import EventSourceMappings
from infra.deployment.function_configuration import configuration_of, variables_of
from infra.deployment.function_state import FunctionState
from infra.deployment.polling import poll
from infra.deployment.variable_changes import VariableChanges
from infra.errors import InvocationFailed, NotAsPackaged, NotSettled

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import UpdateFunctionConfigurationRequestTypeDef

RETRIES = 2
"""Retries of a failed event, after one and two minutes; then the dead-letter queue."""
MAXIMUM_AGE = timedelta(hours=1)
"""Maximum age of such an event. Each scheduled run does the work of earlier ones, so an old event is useless."""
LONGEST_INVOCATION = timedelta(seconds=920)
"""Slightly more than the 900 seconds that Lambda allows."""
PATIENT = Config(read_timeout=LONGEST_INVOCATION.total_seconds(), retries={"total_max_attempts": 1})
"""Configuration for invocations: a second attempt would be a second run."""
LIMIT = timedelta(minutes=10)
"""Limit for one update of a function. boto3's waiters give up after 5 minutes; attaching to a VPC may take longer.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""


@dataclass(frozen=True)
class DeployedFunction:
    """Function by name."""

    client: "LambdaClient"
    name: str

    @property
    def exists(self) -> bool:
        """True if the function exists."""
        return bool(self.architecture)

    @property
    def architecture(self) -> str:
        """Architecture of the deployed function; "" if there is none."""
        try:
            return self.client.get_function_configuration(FunctionName=self.name)["Architectures"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return ""
            raise

    def complete(self, dead_letter_arn: str, queue_arns: Collection[str]) -> None:
        """Apply configuration that Zappa cannot set, or sets only at the first deployment; remove other queues.

        Raises NotSettled.
        """
        self.wait_until_settled()
        self.client.put_function_event_invoke_config(
            FunctionName=self.name,
            MaximumRetryAttempts=RETRIES,
            MaximumEventAgeInSeconds=int(MAXIMUM_AGE.total_seconds()),
        )
        self._set_dead_letters(dead_letter_arn)
        EventSourceMappings(self.client, self.name).complete(queue_arns)

    @property
    def variables(self) -> dict[str, str]:
        """Variables without Lambda's own. Raises Refused if AWS does not show them."""
        return variables_of(self.client.get_function_configuration(FunctionName=self.name))

    def set_variables(self, wanted: Mapping[str, str]) -> VariableChanges:
        """Set exactly these variables. Return the changes. Raises NotSettled and Refused.

        `zappa update` copies back every variable that the function has and the settings do not.
        """
        found = self.variables
        if found != wanted:
            self.configure({"FunctionName": self.name, "Environment": {"Variables": wanted}})
        return VariableChanges.between(found, wanted)

    def wait_until_idle(self, limit: timedelta = LIMIT) -> None:
        """Wait until no AWS operation is running, even if one failed. Raises NotSettled at the limit."""
        self._wait(lambda: _at_work(self._state), limit)

    def wait_until_settled(self, limit: timedelta = LIMIT) -> None:
        """Wait until AWS has created and updated the function, so that the latest configuration runs.

        AWS refuses to publish or update a function during an operation, and still runs the previous configuration.
        Raises NotSettled, with state and reason, at the limit or if AWS failed.
        """
        self.wait_until_idle(limit)
        state = self._state
        if state.has_failed:
            raise NotSettled(f"AWS failed to update {self.name}: {state}. Fix the cause and deploy again.")

    def configure(self, changes: "UpdateFunctionConfigurationRequestTypeDef", limit: timedelta = LIMIT) -> None:
        """Change the configuration when no operation is running, and wait. Raises NotSettled."""
        self._change(lambda: self.client.update_function_configuration(**changes), limit)

    def use_handler(self, handler: str) -> None:
        """Set the handler's name where it is another one. Raises NotSettled.

        A rollback does so before it restores the code: the newer code still has the handler of the older one.
        """
        if self.client.get_function_configuration(FunctionName=self.name)["Handler"] != handler:
            self.configure({"FunctionName": self.name, "Handler": handler})

    def replace_code(self, zipped: bytes, limit: timedelta = LIMIT) -> None:
        """Replace the code when no operation is running, and wait. Raises NotSettled."""
        self._change(lambda: self.client.update_function_code(FunctionName=self.name, ZipFile=zipped), limit)

    def expect_code(self, sha256: str) -> None:
        """Raise NotAsPackaged unless the running code has this hash, in AWS's format."""
        found = self.client.get_function_configuration(FunctionName=self.name)["CodeSha256"]
        if found != sha256:
            raise NotAsPackaged(
                f"{self.name} runs code of the hash {found}, and the package has {sha256}: somebody else deploys now. "
                "Deploy again."
            )

    def run(self, event: dict[str, Any]) -> Any:
        """Invoke the latest configuration and return its response. Raises InvocationFailed and NotSettled."""
        self.wait_until_settled()
        with ThreadPoolExecutor(max_workers=1) as executor:
            invocation = executor.submit(self._invoke, json.dumps(event).encode())
            poll(lambda: self._unanswered(invocation), LONGEST_INVOCATION, timedelta(0))
            failed, payload = invocation.result()
        if failed:
            message = f"the function failed on {event.get('resources', event)}: {payload}"
            raise InvocationFailed(message, payload.get("errorType", ""))
        return payload

    def configuration_in(self, version: str) -> "UpdateFunctionConfigurationRequestTypeDef":
        """Return the changes that restore the configuration of this version. Raises Refused."""
        return configuration_of(self.client.get_function_configuration(FunctionName=self.name, Qualifier=version))

    def delete(self) -> None:
        """Delete the function."""
        self.client.delete_function(FunctionName=self.name)

    def _invoke(self, payload: bytes) -> tuple[bool, Any]:
        """Return True if the invocation failed, and the response."""
        client = boto3.client("lambda", region_name=self.client.meta.region_name, config=PATIENT)
        answer = client.invoke(FunctionName=self.name, Payload=payload)
        return "FunctionError" in answer, json.loads(answer["Payload"].read() or b"null")

    def _unanswered(self, invocation: "Future[tuple[bool, Any]]") -> str:
        answered, _ = wait([invocation], polling.INTERVAL.total_seconds())
        return "" if answered else f"{self.name} has not answered yet"

    def _set_dead_letters(self, arn: str) -> None:
        found = self.client.get_function_configuration(FunctionName=self.name)
        if found.get("DeadLetterConfig", {}).get("TargetArn") == arn:
            return
        self.configure({"FunctionName": self.name, "DeadLetterConfig": {"TargetArn": arn}})

    @property
    def _state(self) -> FunctionState:
        return FunctionState(self.client.get_function(FunctionName=self.name)["Configuration"])

    def _change(self, change: Callable[[], object], limit: timedelta) -> None:
        """Apply a change, even after a failed operation, which it may repair."""

        def attempt() -> str:
            at_work = _at_work(self._state)
            if not at_work:
                try:
                    change()
                except self.client.exceptions.ResourceConflictException as error:
                    return str(error)
            return at_work

        self._wait(attempt, limit)
        self.wait_until_settled(limit)

    def _wait(self, at_work: Callable[[], str], limit: timedelta) -> None:
        said = poll(at_work, limit)
        if said:
            raise NotSettled(f"AWS is still updating {self.name} after {limit}: {said}. Wait, then deploy again.")


def _at_work(state: FunctionState) -> str:
    return str(state) if state.is_at_work else ""
