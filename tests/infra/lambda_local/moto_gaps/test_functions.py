"""moto's gaps in Lambda."""

import json
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.infra.lambda_local.moto_gaps.cloud import NAME, NETWORK, QUEUE, Cloud, Gap, check_gap
from tests.infra.lambda_local.moto_gaps.recorder import Recorder
from tests.support.release_zip import code_of


def lists_no_address(cloud: Cloud) -> bool:
    """Call ListFunctionUrlConfigs, like `zappa update`."""
    with suppress(ClientError):
        return bool(cloud.client("lambda").list_function_url_configs(FunctionName=NAME)["FunctionUrlConfigs"] == [])
    return False


def knows_partial_arn(cloud: Cloud) -> bool:
    """Use the partial ARN that `zappa rollback` uses for a version."""
    with suppress(ClientError):
        found = cloud.client("lambda").get_function(FunctionName=f"function:{NAME}:1")
        return bool(found["Configuration"]["Version"] == "1")
    return False


def gives_the_code(cloud: Cloud) -> bool:
    """Download the code of the first of two versions, like `zappa rollback`."""
    functions = cloud.client("lambda")
    functions.update_function_code(FunctionName=NAME, ZipFile=code_of("second"), Publish=True)
    location = functions.get_function(FunctionName=NAME, Qualifier="1")["Code"]["Location"]
    if not location.startswith(cloud.url):
        return False
    with urllib.request.urlopen(location) as answer:  # noqa: S310 - our own server
        return bool(answer.read() == code_of("first"))


def keeps_dead_letter_queue(cloud: Cloud) -> bool:
    """Create a function with a dead-letter queue."""
    found = cloud.client("lambda").get_function_configuration(FunctionName=NAME)
    return bool(found.get("DeadLetterConfig") == {"TargetArn": QUEUE})


def changes_dead_letter_queue(cloud: Cloud) -> bool:
    """Change the dead-letter queue of a function."""
    functions = cloud.client("lambda")
    other = {"TargetArn": QUEUE + "-other"}
    functions.update_function_configuration(FunctionName=NAME, DeadLetterConfig=other)
    return bool(functions.get_function_configuration(FunctionName=NAME).get("DeadLetterConfig") == other)


GIVEN_LATER: dict[str, Any] = {
    "EphemeralStorage": {"Size": 1024},
    "FileSystemConfigs": [{"Arn": "arn:aws:elasticfilesystem:us-east-1:1:access-point/a", "LocalMountPath": "/mnt/a"}],
    "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/a",
    "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/others"},
    "TracingConfig": {"Mode": "Active"},
}


@dataclass(frozen=True)
class Changes:
    """Change of one member of a function's configuration."""

    member: str

    def __call__(self, cloud: Cloud) -> bool:
        """Apply the change and compare."""
        functions, given = cloud.client("lambda"), GIVEN_LATER[self.member]
        functions.update_function_configuration(FunctionName=NAME, **{self.member: given})
        return bool(functions.get_function_configuration(FunctionName=NAME).get(self.member) == given)


def changes_snap_start(cloud: Cloud) -> bool:
    """Change snapshots, whose state AWS shows too."""
    functions = cloud.client("lambda")
    functions.update_function_configuration(FunctionName=NAME, SnapStart={"ApplyOn": "PublishedVersions"})
    return bool(functions.get_function_configuration(FunctionName=NAME)["SnapStart"]["ApplyOn"] == "PublishedVersions")


def shows_where_it_logs(cloud: Cloud) -> bool:
    """Read the log group of a function without logging configuration."""
    found = cloud.client("lambda").get_function_configuration(FunctionName=NAME)
    return bool(found.get("LoggingConfig") == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{NAME}"})


def leaves_what_a_change_of_network_does_not_name(cloud: Cloud) -> bool:
    """Change the subnets without mentioning IPv6."""
    functions = cloud.client("lambda")
    for network in (NETWORK | {"Ipv6AllowedForDualStack": True}, NETWORK):
        functions.update_function_configuration(FunctionName=NAME, VpcConfig=network)
    return bool(functions.get_function_configuration(FunctionName=NAME)["VpcConfig"].get("Ipv6AllowedForDualStack"))


def refuses_ipv6_without_subnets(cloud: Cloud) -> bool:
    """Remove a function from its network."""
    functions = cloud.client("lambda")
    functions.update_function_configuration(FunctionName=NAME, VpcConfig=NETWORK | {"Ipv6AllowedForDualStack": True})
    try:
        functions.update_function_configuration(FunctionName=NAME, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    except functions.exceptions.InvalidParameterValueException as error:
        return "Ipv6AllowedForDualStack cannot be true" in str(error)
    return False


def tells_what_can_be_reserved(cloud: Cloud) -> bool:
    """Call GetAccountSettings after a reservation; each version counts for the code size."""
    functions = cloud.client("lambda")
    functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=300)
    with suppress(ClientError):
        settings = functions.get_account_settings()
        limit, used = settings["AccountLimit"], settings["AccountUsage"]
        size = functions.get_function_configuration(FunctionName=NAME)["CodeSize"]
        reserved = limit["ConcurrentExecutions"] - limit["UnreservedConcurrentExecutions"]
        return bool(reserved == 300 and used["TotalCodeSize"] % size == 0 < used["TotalCodeSize"])
    return False


def refuses_to_reserve_the_last_hundred(cloud: Cloud) -> bool:
    """Reserve 901 of an account's 1,000."""
    functions = cloud.client("lambda")
    functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=900)
    try:
        functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=901)
    except functions.exceptions.InvalidParameterValueException as error:
        return "below its minimum value of [100]" in str(error)
    return False


def creates_permission_with_201(cloud: Cloud) -> bool:
    """Add a permission; Zappa logs an ERROR for any status but 201."""
    answer = cloud.client("lambda").add_permission(
        FunctionName=NAME, StatementId="a", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
    )
    return bool(answer["ResponseMetadata"]["HTTPStatusCode"] == 201)


def refuses_a_second_permission_of_one_id(cloud: Cloud) -> bool:
    """Repeat a call whose response was lost."""
    functions = cloud.client("lambda")
    for _ in range(2):
        try:
            functions.add_permission(
                FunctionName=NAME, StatementId="b", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
            )
        except functions.exceptions.ResourceConflictException as error:
            return "The statement id (b) provided already exists" in str(error)
    return False


def replaces_retries(cloud: Cloud) -> bool:
    """Set retries again with another number."""
    functions = cloud.client("lambda")
    for attempts in (2, 0):
        functions.put_function_event_invoke_config(FunctionName=NAME, MaximumRetryAttempts=attempts)
    shown = functions.get_function_event_invoke_config(FunctionName=NAME)
    return bool(shown["MaximumRetryAttempts"] == 0)


def shows_its_models(cloud: Cloud) -> bool:
    """Request moto's own data page."""
    with suppress(OSError), urllib.request.urlopen(f"{cloud.url}/moto-api/data.json") as answer:  # noqa: S310 - ours
        return bool(json.load(answer))
    return False


def leaves_messages_to_a_poller(cloud: Cloud) -> bool:
    """Send to a mapped queue, and check that the message stays until it is received."""
    sqs = cloud.client("sqs")
    cloud.client("lambda").create_event_source_mapping(FunctionName=NAME, EventSourceArn=QUEUE)
    url = sqs.get_queue_url(QueueName="letters")["QueueUrl"]
    with suppress(ClientError):
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        received = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"]).get("Messages", [])
        return [message["Attributes"]["ApproximateReceiveCount"] for message in received] == ["1"]
    return False


def finds_event_sources_by_name(cloud: Cloud) -> bool:
    """Map a queue by the function's ARN, as Zappa does, and find it by name."""
    functions = cloud.client("lambda")
    arn = functions.get_function(FunctionName=NAME)["Configuration"]["FunctionArn"]
    source = QUEUE.replace("letters", "others")
    cloud.client("sqs").create_queue(QueueName="others")
    functions.create_event_source_mapping(FunctionName=arn, EventSourceArn=source)
    found = functions.list_event_source_mappings(FunctionName=NAME, EventSourceArn=source)
    return [mapping["FunctionArn"] for mapping in found["EventSourceMappings"]] == [arn]


def gives_no_number_twice(cloud: Cloud) -> bool:
    """Publish a version after the newest one was deleted."""
    functions = cloud.client("lambda")
    numbers = []
    for text in ("second", "third"):
        made = functions.update_function_code(FunctionName=NAME, ZipFile=code_of(text), Publish=True)
        numbers.append(int(made["Version"]))
    functions.delete_function(FunctionName=NAME, Qualifier=str(max(numbers)))
    later = functions.update_function_code(FunctionName=NAME, ZipFile=code_of("fourth"), Publish=True)["Version"]
    return int(later) > max(numbers)


def publishes_only_the_code_of_the_hash(cloud: Cloud) -> bool:
    """Publish with a hash of other code."""
    functions = cloud.client("lambda")
    functions.update_function_code(FunctionName=NAME, ZipFile=code_of("another"))
    try:
        functions.publish_version(FunctionName=NAME, CodeSha256="another hash")
    except functions.exceptions.InvalidParameterValueException as error:
        return "CodeSHA256 (another hash) is different from current CodeSHA256 in $LATEST" in str(error)
    return False


@pytest.mark.parametrize(
    "closed",
    [
        lists_no_address,
        knows_partial_arn,
        gives_the_code,
        keeps_dead_letter_queue,
        changes_dead_letter_queue,
        *map(Changes, GIVEN_LATER),
        changes_snap_start,
        shows_where_it_logs,
        leaves_what_a_change_of_network_does_not_name,
        refuses_ipv6_without_subnets,
        tells_what_can_be_reserved,
        refuses_to_reserve_the_last_hundred,
        creates_permission_with_201,
        refuses_a_second_permission_of_one_id,
        replaces_retries,
        shows_its_models,
        leaves_messages_to_a_poller,
        finds_event_sources_by_name,
        gives_no_number_twice,
        publishes_only_the_code_of_the_hash,
    ],
)
def test_gap_is_closed_here_and_open_in_moto(closed: Gap, stock: Cloud, local: Cloud) -> None:
    check_gap(closed, stock=stock, local=local)


def test_invocation_gets_answer_and_end_of_the_log(local: Cloud, recorder: Recorder) -> None:
    answer = local.client("lambda").invoke(FunctionName=NAME, Payload=b'{"a": 1}', LogType="Tail")

    assert (answer["StatusCode"], json.load(answer["Payload"])) == (200, {"a": 1})
    assert "FunctionError" not in answer
    assert len(answer["LogResult"]) == 5464  # 4096 bytes in base64


def test_invocation_that_fails_is_a_success_with_a_function_error(local: Cloud, recorder: Recorder) -> None:
    recorder.error = {"errorType": "ValueError", "errorMessage": "no"}

    answer = local.client("lambda").invoke(FunctionName=NAME, Payload=b"{}")

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"]) == recorder.error


def test_asynchronous_invocation_is_taken_on(local: Cloud, recorder: Recorder) -> None:
    answer = local.client("lambda").invoke(FunctionName=NAME, InvocationType="Event", Payload=b'{"a": 1}')

    assert answer["StatusCode"] == 202
    assert recorder.later == [(NAME, {"a": 1})]


def test_asynchronous_event_of_more_than_a_mebibyte_is_refused(local: Cloud, recorder: Recorder) -> None:
    invoke = partial(local.client("lambda").invoke, FunctionName=NAME, InvocationType="Event")
    longest = json.dumps("a" * (1_048_576 - 2)).encode()
    assert invoke(Payload=longest)["StatusCode"] == 202
    with pytest.raises(ClientError, match="1048577 byte payload is too large") as refused:
        invoke(Payload=longest + b" ")
    assert refused.value.response["Error"]["Code"] == "RequestTooLargeException"
    assert recorder.later is not None
    assert len(recorder.later) == 1
