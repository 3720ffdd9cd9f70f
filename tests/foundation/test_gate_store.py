"""Item of the gate in DynamoDB, and stores that do not answer."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.client import parse_headers
from typing import Any
from uuid import UUID

import boto3
import pytest
import time_machine
from botocore.config import Config

from foundation import gate_store
from foundation.gate_store import GateStore, GateStoreUnavailable
from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.support.gate import TABLE, make_table
from tests.support.injected_answers import InjectedAnswers
from tests.support.patience import PATIENCE_SECONDS

NOW = datetime(2026, 12, 1, 3, 0, 0, 900_000, tzinfo=UTC)
KEYS = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
EMPTY = b'{"Attributes": {}}'
TOKEN = "a8098c1a-f86e-11da-bd1a-00112444be1e"
CALLS = [lambda store: store.ask(NOW), lambda store: store.read(), lambda store: store.open()]


@pytest.fixture
def store(aws: LocalAWS) -> Iterator[GateStore]:
    make_table()
    store = GateStore(TABLE, {**KEYS, "AWS_ENDPOINT_URL": aws.url})
    yield store
    store.disconnect()


@contextmanager
def serving(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """Yield the address of a server that hands each connection to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                with connection:
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def received(connection: socket.socket) -> bool:
    """Read a whole request; return False if the client has closed the connection."""
    with connection.makefile("rb") as stream:
        length = 0
        while (line := stream.readline()) not in {b"", b"\r\n"}:
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return bool(line) and len(stream.read(length)) == length


def respond(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def read_request(connection: socket.socket) -> tuple[str, dict[str, str], bytes]:
    """Return a request's first line, its headers by their names in lower case, and its body."""
    with connection.makefile("rb") as stream:
        line = stream.readline().decode()
        headers = {name.lower(): value for name, value in parse_headers(stream).items()}
        return line, headers, stream.read(int(headers["content-length"]))


def botocore_client(region: str, **options: Any) -> Any:
    key_id, secret = KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"]
    return boto3.client("dynamodb", region, aws_access_key_id=key_id, aws_secret_access_key=secret, **options)


@pytest.mark.parametrize("session", ["", "of-a-role"])
@pytest.mark.parametrize(
    ("call", "operation", "arguments"),
    [
        (
            lambda store: store.ask(NOW),
            "update_item",
            {
                "UpdateExpression": "SET asked_at = :now",
                "ExpressionAttributeValues": {":now": {"N": "1796094000"}},
                "ReturnValues": "ALL_NEW",
            },
        ),
        (lambda store: store.read(), "get_item", {"ConsistentRead": True}),
        (
            lambda store: store.open(),
            "update_item",
            {
                "UpdateExpression": "SET #token = :token, #markers = :none",
                "ExpressionAttributeNames": {"#token": "token", "#markers": "markers"},
                "ExpressionAttributeValues": {":token": {"S": TOKEN}, ":none": {"M": {}}},
                "ReturnValues": "ALL_NEW",
            },
        ),
        (
            lambda store: store.close(TOKEN, {"sweep": NOW}),
            "update_item",
            {
                "UpdateExpression": "SET #markers = :markers",
                "ConditionExpression": "#token = :token",
                "ExpressionAttributeNames": {"#token": "token", "#markers": "markers"},
                "ExpressionAttributeValues": {
                    ":markers": {"M": {"sweep": {"N": "1796094000"}}},
                    ":token": {"S": TOKEN},
                },
                "ReturnValues": "ALL_NEW",
            },
        ),
    ],
    ids=["ask", "read", "open", "close"],
)
def test_request_is_the_one_that_botocore_sends(
    call: Callable[[GateStore], object],
    operation: str,
    arguments: dict[str, Any],
    session: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The local AWS takes any signature and content type, and DynamoDB does not: then no gate would ever close."""
    monkeypatch.setattr(gate_store, "TIMEOUT", PATIENCE_SECONDS)
    monkeypatch.setattr(gate_store, "uuid4", lambda: UUID(TOKEN))
    requests: list[tuple[str, dict[str, str], bytes]] = []

    def keep(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        connection.sendall(respond(EMPTY))

    with time_machine.travel(NOW, tick=False), serving(keep) as address:
        store = GateStore(TABLE, {**KEYS, "AWS_SESSION_TOKEN": session, "AWS_ENDPOINT_URL": address})
        call(store)
        store.disconnect()
        sent = json.loads(requests[0][2])
        client = botocore_client(KEYS["AWS_REGION"], endpoint_url=address, aws_session_token=session or None)
        getattr(client, operation)(**sent)

    (line, headers, body), (their_line, their_headers, their_body) = requests
    assert sent == {"TableName": TABLE, "Key": {"id": {"S": "gate"}}, **arguments}
    assert headers == {name: their_headers.get(name) for name in headers}
    assert (line, body) == (their_line, their_body)


def test_table_without_an_item_is_open(store: GateStore) -> None:
    assert store.ask(NOW).markers == {}
    assert store.read().token is None


def test_question_writes_when_it_was_asked(store: GateStore) -> None:
    store.ask(NOW)
    item = boto3.client("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": "gate"}})["Item"]
    assert item["asked_at"] == {"N": str(int(NOW.timestamp()))}


def test_item_without_a_token_is_given_one_and_stays_open(store: GateStore) -> None:
    token = store.read().token
    store.open()
    boto3.client("dynamodb").delete_item(TableName=TABLE, Key={"id": {"S": "gate"}})
    assert not store.close(token, {"sweep": NOW}), "somebody has opened it since"
    assert store.read().markers == {}
    assert store.close(store.read().token, {"sweep": NOW})


def test_markers_are_set_in_whole_seconds_and_never_later(store: GateStore) -> None:
    store.open()
    assert store.close(store.read().token, {"sweep": NOW})
    assert store.ask(NOW).markers == {"sweep": NOW.replace(microsecond=0)}


def test_opening_removes_all_markers_and_changes_the_token(store: GateStore) -> None:
    store.open()
    first = store.read().token
    assert store.close(first, {"sweep": NOW, "remind": NOW})
    store.open()
    assert store.read().markers == {}
    assert store.read().token != first


def test_gate_that_was_opened_meanwhile_is_not_closed(store: GateStore) -> None:
    store.open()
    token = store.read().token
    store.open()
    assert not store.close(token, {"sweep": NOW})
    assert not store.close("another", {"sweep": NOW})
    assert store.read().markers == {}
    assert store.close(store.read().token, {"sweep": NOW})


def test_missing_table_is_unavailable(aws: LocalAWS) -> None:
    with pytest.raises(GateStoreUnavailable, match="ResourceNotFoundException"):
        GateStore("no-such-table", {**KEYS, "AWS_ENDPOINT_URL": aws.url}).ask(NOW)


@pytest.mark.parametrize("status", [400, 500])
def test_error_is_unavailable(status: int, store: GateStore, answers: InjectedAnswers) -> None:
    answers.refuse("dynamodb.UpdateItem", "ThrottlingException", status=status)
    with pytest.raises(GateStoreUnavailable, match="ThrottlingException"):
        store.ask(NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"Attributes": []}',
        b'{"Attributes": {"markers": {"M": {"sweep": {"S": "soon"}}}}}',
        b'{"Attributes": {"markers": {"M": {"sweep": {"N": "1e400"}}}}}',
        b'{"Attributes": {"markers": {"M": {"sweep": {"N": "99999999999999"}}}}}',
        b'{"Attributes": {"markers": {"M": {"sweep": {"N": "NaN"}}}}}',
        b'{"Attributes": {"markers": {"L": []}}}',
        b'{"Attributes": {"token": 5}}',
        b'{"Attributes": null}',
    ],
)
def test_garbage_is_unavailable(body: bytes, store: GateStore, answers: InjectedAnswers) -> None:
    answers.alter("dynamodb.UpdateItem", lambda _: body)
    with pytest.raises(GateStoreUnavailable):
        store.ask(NOW)


@pytest.mark.parametrize("call", CALLS)
def test_store_that_refuses_connections_is_unavailable(call: Callable[[GateStore], object]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        store = GateStore(TABLE, {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{unused.getsockname()[1]}"})
        with pytest.raises(GateStoreUnavailable, match="ConnectionRefusedError"):
            call(store)


@pytest.mark.parametrize("call", CALLS)
def test_store_that_never_answers_is_given_up(
    call: Callable[[GateStore], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_store, "TIMEOUT", 0.2)
    over = threading.Event()
    with serving(lambda _: over.wait()) as address:
        with pytest.raises(GateStoreUnavailable, match=r"TimeoutError|in time"):
            call(GateStore(TABLE, {**KEYS, "AWS_ENDPOINT_URL": address}))
        over.set()


def test_store_that_answers_byte_by_byte_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_store, "TIMEOUT", 0.5)
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        received(connection)
        with suppress(OSError):
            for byte in respond(b"x" * 1_000):
                connection.sendall(bytes([byte]))
                time.sleep(0.1)
        ended.set()

    with serving(drip) as address:
        dripping = GateStore(TABLE, {**KEYS, "AWS_ENDPOINT_URL": address})
        began = time.monotonic()
        with pytest.raises(GateStoreUnavailable, match="in time"):
            dripping.ask(NOW)
        assert time.monotonic() - began < 60, "a hundred seconds would pass otherwise"
        assert ended.wait(PATIENCE_SECONDS), "the connection is not left open"


def test_connection_is_kept_and_replaced_once_the_server_has_closed_it() -> None:
    used: list[int] = []

    def answer_twice(connection: socket.socket) -> None:
        used.append(0)
        for _number in range(2):
            if not received(connection):
                return
            used[-1] += 1
            connection.sendall(respond(EMPTY))

    with serving(answer_twice) as address:
        store = GateStore(TABLE, {**KEYS, "AWS_ENDPOINT_URL": address})
        for _number in range(5):
            assert store.ask(NOW).markers == {}
        store.disconnect()
    assert sum(used) == 5
    assert len(used) == 3


def test_missing_credentials_are_unavailable() -> None:
    with pytest.raises(GateStoreUnavailable, match="AWS_ACCESS_KEY_ID"):
        GateStore(TABLE, {"AWS_REGION": "us-east-1"}).ask(NOW)


@pytest.mark.parametrize("dual", ["", "false", "true"])
def test_region_and_dual_stack_name_the_host_that_botocore_calls(dual: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in gate_store.ENDPOINT_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    client = botocore_client("eu-central-1", config=Config(use_dualstack_endpoint=dual == "true"))
    host = gate_store._host("eu-central-1", {"AWS_USE_DUALSTACK_ENDPOINT": dual})
    assert client.meta.endpoint_url == f"https://{host}"
