"""DynamoDB item of the gate, read and written by hand-signed calls: a tick that sleeps need not load boto3.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
"""

import json
import math
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from foundation.sigv4 import Credentials, Request, signed_headers

TIMEOUT = 1.0
"""Seconds for a call. An answer that comes later would not be worth waiting for: a writer holds locks meanwhile."""

ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")
"""https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""

KEY = {"id": {"S": "gate"}}
NAMES = {"#token": "token", "#markers": "markers"}
"""Some words are reserved:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html"""

CHANGED = "ConditionalCheckFailedException"


class GateStoreUnavailable(RuntimeError):
    """The store gave no usable answer. The gate counts as open."""


@dataclass(frozen=True)
class Item:
    """The item: the token of the last opening, and the instant of each marker. A marker that is missing is open."""

    token: str | None
    markers: Mapping[str, datetime]


class GateStore:
    """Table of the gate. One connection is kept, because each new one costs a TLS handshake."""

    def __init__(self, table: str, environment: Mapping[str, str]) -> None:
        self._table = table
        self._environment = environment
        self._kept: HTTPConnection | None = None
        self._lock = threading.Lock()

    def ask(self, now: datetime) -> Item:
        """Return the item as it is now. Raises GateStoreUnavailable.

        It writes the instant of the question, so that a store that takes no writes cannot be asked either: an opening
        would be lost there.
        """
        return self._updated("SET asked_at = :now", {":now": _number(now)})

    def read(self) -> Item:
        """Return the item as it is now, and write nothing. Raises GateStoreUnavailable."""
        return _item(self._call("GetItem", {"ConsistentRead": True}).get("Item", {}))

    def open(self) -> None:
        """Open the gate under a new token, whatever its state. Raises GateStoreUnavailable."""
        values = {":token": {"S": str(uuid4())}, ":none": {"M": {}}}
        self._updated("SET #token = :token, #markers = :none", values, NAMES)

    def close(self, token: str | None, markers: Mapping[str, datetime]) -> bool:
        """Set the markers if nobody has opened the gate since the token was read; return True if they are set.

        Without a token the item is given one instead: its absence would not tell an item that was deleted again from
        one that nobody has opened. Raises GateStoreUnavailable.
        """
        if token is None:
            self.open()
            return False
        instants = {name: _number(due) for name, due in markers.items()}
        values = {":markers": {"M": instants}, ":token": {"S": token}}
        try:
            self._updated("SET #markers = :markers", values, NAMES, "#token = :token")
        except _Refused as refusal:
            if refusal.kind == CHANGED:
                return False
            raise
        return True

    def disconnect(self) -> None:
        """Close the kept connection; the next call opens another."""
        with self._lock:
            if self._kept is not None:
                self._kept.close()
            self._kept = None

    def _updated(
        self, change: str, values: Mapping[str, Any], names: Mapping[str, str] | None = None, condition: str = ""
    ) -> Item:
        arguments = {"UpdateExpression": change, "ExpressionAttributeValues": values, "ReturnValues": "ALL_NEW"}
        if names:
            arguments["ExpressionAttributeNames"] = names
        if condition:
            arguments["ConditionExpression"] = condition
        return _item(self._call("UpdateItem", arguments).get("Attributes", {}))

    def _call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        region = self._environment.get("AWS_REGION") or self._environment.get("AWS_DEFAULT_REGION", "")
        endpoint = next(
            (self._environment[name] for name in ENDPOINT_VARIABLES if self._environment.get(name)),
            f"https://{_host(region, self._environment)}",
        )
        body = json.dumps({"TableName": self._table, "Key": KEY, **arguments}).encode()
        host = urlsplit(endpoint).netloc
        request = Request(host, "dynamodb", region, f"DynamoDB_20120810.{operation}", body, json_version="1.0")
        with self._lock:
            kept, self._kept = self._kept, None
            exchange = _Exchange()
            status, content = exchange.run(lambda: self._send(endpoint, request, kept, exchange))
            self._kept = exchange.connection
        return _answer(status, content)

    def _send(
        self, endpoint: str, request: Request, kept: HTTPConnection | None, exchange: "_Exchange"
    ) -> tuple[int, bytes]:
        """Send by the kept connection, and once more by a new one if the server has closed that meanwhile."""
        if kept is not None:
            try:
                return self._sent(kept, request, exchange)
            except TimeoutError as error:
                raise GateStoreUnavailable("the store does not answer in time") from error
            except (OSError, HTTPException):
                pass
        make = HTTPSConnection if endpoint.startswith("https:") else HTTPConnection
        try:
            return self._sent(make(request.host, timeout=TIMEOUT), request, exchange)
        except (OSError, HTTPException, ValueError) as error:
            raise GateStoreUnavailable(f"the store does not answer: {type(error).__name__}") from error

    def _sent(self, connection: HTTPConnection, request: Request, exchange: "_Exchange") -> tuple[int, bytes]:
        exchange.connection = connection
        try:
            # The machine's clock: a signature is judged by AWS's, whatever the service's own says.
            headers = signed_headers(request, self._credentials(), datetime.now(UTC))
            connection.request("POST", "/", request.body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except BaseException:
            exchange.drop()
            raise
        if answer.will_close:
            exchange.drop()
        return answer.status, content

    def _credentials(self) -> Credentials:
        try:
            key_id, secret = (self._environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
        except KeyError as error:
            raise GateStoreUnavailable(f"{error} is not set") from error
        return Credentials(key_id, secret, self._environment.get("AWS_SESSION_TOKEN", ""))


class _Exchange:
    """One call, in a thread: a socket's timeout bounds each read, and nothing bounds the look-up of the host."""

    connection: HTTPConnection | None = None
    """Connection in use, and afterwards the one to keep."""

    def run(self, send: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        """Send in a thread, which does not outlive the process, and return the answer.

        Raises what `send` raises, and GateStoreUnavailable once the time is over.
        """
        call: Future[tuple[int, bytes]] = Future()

        def settle() -> None:
            try:
                call.set_result(send())
            except BaseException as error:  # noqa: BLE001 - whoever waits raises it
                call.set_exception(error)

        threading.Thread(target=settle, daemon=True).start()
        try:
            return call.result(TIMEOUT)
        except TimeoutError as error:
            self._interrupt()
            raise GateStoreUnavailable("the store does not answer in time") from error

    def drop(self) -> None:
        """Close the connection, and keep none."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def _interrupt(self) -> None:
        """End the reads of the thread, which ends by that."""
        used = self.connection.sock if self.connection is not None else None
        if used is not None:
            with suppress(OSError):  # the server was faster
                used.shutdown(socket.SHUT_RDWR)


class _Refused(GateStoreUnavailable):
    """DynamoDB answered with an error of this kind."""

    def __init__(self, kind: str, status: int) -> None:
        super().__init__(f"the store answers {kind or 'an error'} (status {status})")
        self.kind = kind


def _host(region: str, environment: Mapping[str, str]) -> str:
    """Return the host; with AWS_USE_DUALSTACK_ENDPOINT one that answers over IPv6 too.

    https://docs.aws.amazon.com/general/latest/gr/ddb.html
    """
    dual = environment.get("AWS_USE_DUALSTACK_ENDPOINT", "").lower() == "true"
    return f"dynamodb.{region}.api.aws" if dual else f"dynamodb.{region}.amazonaws.com"


def _answer(status: int, content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
        kind = str(document.get("__type", "")).rpartition("#")[2]
    except (ValueError, AttributeError) as error:
        raise GateStoreUnavailable(f"the store's answer cannot be read (status {status})") from error
    if status != HTTPStatus.OK:
        raise _Refused(kind, status)
    return dict(document)


def _item(attributes: Any) -> Item:
    if not isinstance(attributes, dict):
        raise GateStoreUnavailable("the store's item cannot be read")
    try:
        token = attributes["token"]["S"] if "token" in attributes else None
        markers = attributes["markers"]["M"] if "markers" in attributes else {}
        return Item(token, {name: _instant(value) for name, value in markers.items()})
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise GateStoreUnavailable("the store's item cannot be read") from error


def _number(instant: datetime) -> dict[str, str]:
    """Return whole seconds since 1970, never later than the instant."""
    return {"N": str(math.floor(instant.timestamp()))}


def _instant(value: Any) -> datetime:
    return datetime.fromtimestamp(int(value["N"]), UTC)
