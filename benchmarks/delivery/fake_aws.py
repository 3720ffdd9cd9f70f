"""Fake AWS that accepts everything after a delay, in a process of its own.

    python -m benchmarks.delivery.fake_aws SECONDS

Implements SendEmail and GetAccount (JSON), Publish and PublishBatch (form and XML) as far as clients need. Prints its
port; `GET /calls` returns the number of accepted messages and of calls.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

import asyncio
import json
import re
import signal
import subprocess
import sys
import urllib.request
from types import TracebackType
from typing import Self

from infra.lambda_local.lifetime import end_with_this_thread

ENTRY = re.compile(rb"PublishBatchRequestEntries\.member\.\d+\.Id=(\d+)")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD_END = b"\r\n\r\n"
ACCOUNT = b'{"SendingEnabled":true,"SendQuota":{"Max24HourSend":-1.0,"MaxSendRate":1000000.0,"SentLast24Hours":0.0}}'
MAIL = b'{"MessageId":"0100018c-00000000-0000-4000-8000-000000000000-000000"}'
ONE = b"<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
BATCH = (
    b"<PublishBatchResponse><PublishBatchResult><Failed/><Successful>%s</Successful></PublishBatchResult>"
    b"</PublishBatchResponse>"
)
MEMBER = b"<member><Id>%s</Id><MessageId>m</MessageId></member>"


class FakeAWS:
    """Context manager for the process. `url` is the endpoint of both services."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - this module
            [sys.executable, "-m", __name__, str(self._seconds)],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_this_thread(signal.SIGKILL),  # noqa: PLW1509 - one system call, no lock
        )
        assert self._process.stdout is not None  # noqa: S101 - it is piped
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def counted(self) -> tuple[int, int]:
        """Return the number of messages and of calls."""
        with urllib.request.urlopen(f"{self.url}/calls") as answer:  # noqa: S310 - our own server
            messages, calls = json.load(answer)
        return messages, calls


class Connection(asyncio.Protocol):
    """Connection of a client, which sends one request at a time."""

    messages = 0
    calls = 0

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(HEAD_END)
        length = LENGTH.search(head)
        if end and len(body) >= (int(length[1]) if length else 0):
            self._received = b""
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET /calls"):
            self._write(json.dumps([Connection.messages, Connection.calls]).encode())
        elif head.startswith(b"GET"):
            self._write(ACCOUNT)
        else:
            number, answer = _accept(head, body)
            Connection.messages += number
            Connection.calls += 1
            asyncio.get_running_loop().call_later(self._seconds, self._write, answer)

    def _write(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.write(head + body)


def _accept(head: bytes, body: bytes) -> tuple[int, bytes]:
    """Return the number of messages in a request, and the response."""
    if head.startswith(b"POST /v2/email/"):
        return 1, MAIL
    if keys := ENTRY.findall(body):
        return len(keys), BATCH % b"".join(MEMBER % key for key in keys)
    return 1, ONE


async def serve(seconds: float) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(seconds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
