"""HTTP client of the SDK: its own on urllib, with a deadline and without redirects.

The SDK's `UrllibClient` has no timeout, and urllib would carry the secret key to another host that an answer names.
"""

import http.client
import io
import socket
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from typing import IO, Any

from stripe import APIConnectionError, UrllibClient

from payments.providers.deadline import Deadline, deadline_of_a_call

CONNECT_SECONDS = 3.0
"""To connect and negotiate TLS. Nothing has happened if it takes longer."""

CALL = timedelta(seconds=15)
"""From the first byte sent to the last one received. All calls of a web request have `PROVIDER_CALLS` together."""

LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer that are read. A page of 100 objects has about 300 KB."""


class Unanswered(APIConnectionError):
    """No usable answer came before the deadline. The call may have had its effect."""

    def __init__(self, message: str) -> None:
        super().__init__(message)  # type: ignore[no-untyped-call] # the SDK's own is


class NeverConnected(Unanswered):
    """No connection was made before the deadline, so that the call had no effect."""


class Transport(UrllibClient):
    """The SDK's client on urllib, one opener per call."""

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_unused: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """Return body, status and headers. Raises NeverConnected, or Unanswered."""
        deadline = deadline_of_a_call(CALL)
        body = post_data.encode() if isinstance(post_data, str) else post_data
        request = urllib.request.Request(url, body, dict(headers or {}), method=method.upper())  # noqa: S310 - `client` checks the address
        try:
            with _opener(deadline).open(request) as answer:
                return _read(answer), answer.status, {name.lower(): value for name, value in answer.headers.items()}
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unanswered(f"Stripe gave no usable answer: {type(error).__name__}") from error


def _read(answer: IO[bytes]) -> str:
    text = answer.read(LARGEST_ANSWER + 1)
    if len(text) > LARGEST_ANSWER:
        raise ValueError("the answer is too large")
    return text.decode()


def _opener(deadline: Deadline) -> urllib.request.OpenerDirector:
    """Return an opener that hands every status to the SDK and follows no redirect."""
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), _Plain(deadline), _Encrypted(deadline)):
        opener.add_handler(handler)
    return opener


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self.deadline = deadline

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_limited(http.client.HTTPConnection, self.deadline), request)


class _Encrypted(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self.deadline = deadline

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_limited(http.client.HTTPSConnection, self.deadline), request)


def _limited(kind: type[http.client.HTTPConnection], deadline: Deadline) -> type[http.client.HTTPConnection]:
    """Return the kind of connection with this deadline."""

    class Limited(kind):  # type: ignore[valid-type, misc] # one of two kinds
        def connect(self) -> None:
            self.timeout = min(CONNECT_SECONDS, deadline.seconds_left)
            if self.timeout <= 0:
                raise NeverConnected("the time for this call is over")
            try:
                super().connect()
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise NeverConnected(f"no connection to Stripe: {type(error).__name__}") from error
            self.sock.settimeout(max(deadline.seconds_left, 0.001))

        def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:
            answer = http.client.HTTPResponse(sock, *args, **kwargs)
            answer.fp = io.BufferedReader(_Limited(sock, answer.fp, deadline))
            return answer

    return Limited


class _Limited(io.RawIOBase):
    """Reads before the deadline alone, however slowly the bytes trickle in."""

    def __init__(self, sock: socket.socket, inner: IO[bytes], deadline: Deadline) -> None:
        self._sock, self._inner, self._deadline = sock, inner, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline.seconds_left
        if left <= 0:
            raise TimeoutError("the time for this call is over")
        self._sock.settimeout(left)
        piece = self._inner.read1(len(buffer))  # type: ignore[attr-defined] # a BufferedReader
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._inner.close()
        super().close()
