"""Lambda as Zappa, a deployment and a deployed function need it, where moto 5.2 differs from AWS."""

import base64
import json
import re
from typing import Any, ClassVar, Protocol
from urllib.parse import unquote, urlsplit

from moto.awslambda import models, urls
from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.awslambda.responses import LambdaResponse
from moto.s3.models import get_canned_acl, s3_backends
from moto.sqs.models import sqs_backends

from infra.lambda_local.errors import NoRunner
from infra.lambda_local.sandbox.invocation_result import InvocationResult

PARTIAL_ARN = re.compile(r"^function:(?P<name>[^:]+:[^:]+)$")
CODE_BYTES = 75 << 30
"""Of all versions of all functions, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
CODE_BUCKET = "awslambda-{region}-tasks"
URL_PATHS = {
    r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/urls/?$",
    r"{0}/(?P<api_version>[^/]+)/account-settings/?$",
}
"""URLs of the overrides that moto's table lacks."""

FORGOTTEN = ("DeadLetterConfig", "FileSystemConfigs", "KMSKeyArn", "LoggingConfig", "SnapStart", "TracingConfig")
"""Members of a function's configuration."""

RESERVED = "ReservedConcurrentExecutions"
CONCURRENCY = 1000
UNRESERVED = 100
"""Sandboxes of an account, and those that no function can reserve.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""
LONGEST_ASYNCHRONOUS_EVENT = 1_048_576
"""Bytes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
LOG_TAIL = 4096  # bytes of the log, https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html

Answer = tuple[int, dict[str, str], str | bytes]
"""Status, headers and body, as moto's dispatcher takes them."""


class Function(models.LambdaFunction):
    """moto's function, with the configuration that moto forgets."""

    docker_client = None
    """moto: a property that raises without Docker, so that /moto-api/data.json answers 500 once a function exists."""

    def __init__(self, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1) -> None:
        super().__init__(account_id, spec, region, version)
        self._remembered = {member: spec[member] for member in FORGOTTEN if member in spec}

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        """AWS: shows what the function was given. moto: drops FORGOTTEN, or shows its own default.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
        """
        shown: dict[str, Any] = super().get_configuration(on_create)
        logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
        return shown | {"LoggingConfig": logging} | self._remembered

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        """AWS: changes every member. moto: leaves FORGOTTEN and EphemeralStorage as they are."""
        changes = {member: config_updates[member] for member in FORGOTTEN if member in config_updates}
        self._remembered = {**self._remembered, **changes}  # a dict of its own: moto's versions are shallow copies
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        network = {"VpcConfig": self._network(config_updates["VpcConfig"])} if "VpcConfig" in config_updates else {}
        shown: dict[str, Any] = super().update_configuration(config_updates | network)
        return shown

    def _network(self, changes: dict[str, Any]) -> dict[str, Any]:
        """AWS: leaves what a change of VpcConfig does not name, and refuses IPv6 without subnets. moto: drops it.

        https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2061
        """
        network: dict[str, Any] = (self._vpc_config or {}) | changes
        if network.get("Ipv6AllowedForDualStack") and not (network["SubnetIds"] and network["SecurityGroupIds"]):
            raise InvalidParameterValueException(
                "Ipv6AllowedForDualStack cannot be true without subnet or security groups. "
                "Please remove Ipv6AllowedForDualStack value from your request and try again."
            )
        return network


class StatementExists(LambdaClientError):
    """AWS's error for a second statement of one id. moto's ConflictException has a code that AWS does not know."""

    code = 409

    def __init__(self, statement: str) -> None:
        super().__init__(
            "ResourceConflictException",
            f"The statement id ({statement}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement.",
        )


class Runner(Protocol):
    """Runs functions instead of moto, which needs Docker for it."""

    def invoke(self, function: models.LambdaFunction, event: Any) -> InvocationResult:
        """Run the function on the event, a JSON value, and return the result."""

    def invoke_later(self, function: models.LambdaFunction, event: Any) -> object:
        """Accept the event, for retries and then the dead-letter queue."""


class Request(LambdaResponse):
    """Lambda's operations: moto's, and those that moto lacks."""

    runner: ClassVar[Runner | None] = None

    def list_function_url_configs(self) -> str:
        """AWS: a list, mostly empty. moto: 404. `zappa update` asks for it."""
        config = self.backend.get_function(self._named_function()).url_config
        return json.dumps({"FunctionUrlConfigs": [config.to_dict()] if config else []})

    def add_permission(self) -> Answer:  # type: ignore[override] # moto's 200 is a bare text
        """AWS: 201, and refuses a second statement of one id. moto: 200, which Zappa logs as an ERROR, and takes both.

        https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
        """
        statement, function = json.loads(self.body)["StatementId"], self.backend.get_function(self._named_function())
        if any(known.get("Sid") == statement for known in function.policy.statements):
            raise StatementExists(statement)
        return 201, {"status": "201"}, super().add_permission()

    def get_function(self) -> str:
        """AWS: takes the partial ARN `function:NAME:VERSION`, and Code.Location is an address that answers.

        moto: 500 for the name, and an address on amazonaws.com. `zappa rollback` needs both.
        https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
        """
        name = self._named_function()
        qualifier = self._get_param("Qualifier", None)
        function = self.backend.get_function(name, qualifier)
        shown = function.get_code()
        shown["Configuration"] = self._set_configuration_qualifier(shown["Configuration"], name, qualifier)
        shown["Code"] |= {"Location": self._download_address(function)}
        return json.dumps(shown)

    def publish_version(self) -> Any:
        """AWS: publishes only the code whose hash it is given. moto: whatever runs.

        https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
        """
        wanted = self._get_param("CodeSha256")
        found = self.backend.get_function(self._named_function()).code_sha_256
        if wanted and wanted != found:
            raise InvalidParameterValueException(
                f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({found}). "
                "Please try again with the CodeSHA256 in $LATEST."
            )
        return super().publish_version()

    def put_function_event_invoke_config(self) -> Any:
        """AWS: replaces the configuration. moto: keeps showing the first one."""
        self.backend.get_function(unquote(self.path.split("/")[-2])).event_invoke_config.clear()
        return super().put_function_event_invoke_config()

    def get_account_settings(self) -> str:
        """AWS: the account's limits, and what is used of them. moto: 404.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
        """
        limit = {"ConcurrentExecutions": CONCURRENCY, "UnreservedConcurrentExecutions": self._unreserved()}
        used = sum(function.code_size for function in self.backend.list_functions("ALL"))
        answer = {"AccountLimit": limit | {"TotalCodeSize": CODE_BYTES}, "AccountUsage": {"TotalCodeSize": used}}
        return json.dumps(answer)

    def put_function_concurrency(self) -> Any:
        """AWS: refuses to leave less than 100 unreserved. moto: reserves any number."""
        function = self.backend.get_function(unquote(self.path.split("/")[-2]))
        left = self._unreserved() + (function.reserved_concurrency or 0) - json.loads(self.body)[RESERVED]
        if left < UNRESERVED:
            raise InvalidParameterValueException(
                f"Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
            )
        return super().put_function_concurrency()

    def _unreserved(self) -> int:
        functions = self.backend.list_functions()
        return CONCURRENCY - sum(function.reserved_concurrency or 0 for function in functions)

    def create_event_source_mapping(self) -> Any:
        """AWS: a poller takes messages from the queue in batches, and obeys a returned list of failures.

        moto: SendMessage itself invokes the function, once a message, and the sender waits for it.
        """
        answer = super().create_event_source_mapping()
        for queue in sqs_backends[self.current_account][self.region].queues.values():
            queue.lambda_event_source_mappings.clear()
        return answer

    def list_event_source_mappings(self) -> str:
        """AWS: finds a function's mappings by its name and by its ARN. moto: only by the one that they were made with.

        Zappa makes them with the ARN. https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
        """
        name = self._get_param("FunctionName", "").rpartition(":function:")[2]
        found = self.backend.list_event_source_mappings(self._get_param("EventSourceArn", ""), "")
        shown = [mapping.get_configuration() for mapping in found]
        wanted = [mapping for mapping in shown if not name or mapping["FunctionArn"].endswith(f":function:{name}")]
        return json.dumps({"EventSourceMappings": wanted})

    def invoke(self) -> Answer:
        """AWS: runs the function; refuses too long an asynchronous event. moto: runs it in Docker, else 500."""
        function = self.backend.get_function(unquote(self.path.split("/")[-2]), self._get_param("Qualifier", None))
        event = json.loads(self.body or "{}")
        if self.runner is None:
            raise NoRunner("nothing runs functions here; give close_gaps a runner")
        if self.headers.get("X-Amz-Invocation-Type") == "Event":
            if len(self.body) > LONGEST_ASYNCHRONOUS_EVENT:
                return _too_large(len(self.body))
            self.runner.invoke_later(function, event)
            return 202, {"status": "202"}, b""
        return _answer_of(self.runner.invoke(function, event), str(function.version))

    def _named_function(self) -> str:
        """Return the function's name from a path of the form /API/functions/NAME[/...]."""
        name = unquote(self.path.split("/functions/")[1].split("/")[0])
        partial = PARTIAL_ARN.fullmatch(name)
        return partial["name"] if partial else name

    def _download_address(self, function: models.LambdaFunction) -> str:
        storage = s3_backends[function.account_id][function.partition]
        bucket, key = CODE_BUCKET.format(region=function.region), f"{function.function_name}-{function.code_digest}"
        if bucket not in storage.buckets:
            storage.create_bucket(bucket, function.region)
        if key not in storage.buckets[bucket].keys:
            storage.put_object(bucket, key, function.code_bytes).set_acl(get_canned_acl("public-read"))
        server = urlsplit(self.uri)
        return f"{server.scheme}://{server.netloc}/{bucket}/{key}"


def publish_under_a_new_number(
    storage: models.LambdaStorage, name_or_arn: str, description: str = ""
) -> models.LambdaFunction | None:
    """AWS: gives no number twice. moto: counts those that are left, so that two versions get the same one."""
    group = storage._functions.get(name_or_arn.rpartition(":function:")[2], {})  # noqa: SLF001 - no other way to it
    before = [int(version.version) for version in group.get("versions", [])]
    published = publish_version(storage, name_or_arn, description)
    if published and len(group["versions"]) > len(before):
        group["highest"] = max(group.get("highest", 0), *before, 0) + 1
        published.set_version(group["highest"])
        storage._arns[published.function_arn] = published  # noqa: SLF001
    return published


publish_version = models.LambdaStorage.publish_version
"""moto's own."""


def close_function_gaps(runner: Runner | None) -> None:
    """Apply the overrides to every moto server of this process. `runner` runs the functions.

    A server makes its table of addresses when it is first asked for a service, so call it before that.
    """
    Request.runner = runner
    models.LambdaFunction = Function  # type: ignore[misc] # LambdaBackend looks it up there
    models.LambdaStorage.publish_version = publish_under_a_new_number  # type: ignore[method-assign, assignment]
    urls.url_paths.update(dict.fromkeys(URL_PATHS | set(urls.url_paths), Request.dispatch))


def _too_large(length: int) -> Answer:
    message = (
        f"{length} byte payload is too large for the Event invocation type (limit {LONGEST_ASYNCHRONOUS_EVENT} bytes)"
    )
    headers = {"status": "413", "x-amzn-ErrorType": "RequestTooLargeException"}
    return 413, headers, json.dumps({"Type": "User", "message": message})


def _answer_of(result: InvocationResult, version: str) -> Answer:
    tail = base64.b64encode(result.log.encode()[-LOG_TAIL:]).decode()
    headers = {"X-Amz-Executed-Version": version, "X-Amz-Log-Result": tail}
    if result.error is not None:
        return 200, headers | {"X-Amz-Function-Error": "Unhandled"}, json.dumps(result.error)
    return 200, headers, json.dumps(result.payload)
