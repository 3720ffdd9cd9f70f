"""JSON objects of the protocol. Members whose names begin with an underscore are the provider's own, and not shown."""

import json
from typing import Any

Body = dict[str, Any]


def shown(body: Body) -> Body:
    """Return the body without the provider's own members."""
    return {name: _shown(value) for name, value in body.items() if not name.startswith("_")}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return shown(value)
    return [_shown(inner) for inner in value] if isinstance(value, list) else value


def encode(body: Body) -> bytes:
    """Return the body as Stripe sends it: indented JSON in UTF-8."""
    return json.dumps(body, indent=2, ensure_ascii=False).encode()
