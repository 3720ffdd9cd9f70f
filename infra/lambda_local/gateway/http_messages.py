"""HTTP requests and responses as they pass through API Gateway."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

Headers = list[tuple[str, str]]
"""In the order of the wire; a name may occur several times."""


@dataclass(frozen=True)
class HttpRequest:
    """A client's request. `path` is as it was sent, without the query."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    client: str
    """Its address."""

    @property
    def parameters(self) -> dict[str, list[str]]:
        """Return the query's values by name."""
        return by_name(parse_qsl(self.query, keep_blank_values=True))

    def header(self, name: str) -> str:
        """Return the last value of the header; empty if it is not there."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class HttpAnswer:
    """The response to a client."""

    status: int
    headers: Headers
    body: bytes

    @classmethod
    def message(cls, status: int, text: str) -> "HttpAnswer":
        """Return a response of API Gateway itself."""
        return cls(status, [("Content-Type", "application/json")], json.dumps({"message": text}).encode())

    @classmethod
    def of_json(cls, value: Any) -> "HttpAnswer":
        """Return a response of status 200 with the value as JSON."""
        return cls(200, [("Content-Type", "application/json")], json.dumps(value).encode())


def by_name(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the values of each name, in order."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
