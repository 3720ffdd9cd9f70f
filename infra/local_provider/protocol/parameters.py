"""Parameters that an operation takes. An unknown one is refused, as Stripe refuses it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from infra.local_provider.errors import Refused

Reader = Callable[[Any, str], Any]
"""Takes the form's value and the parameter's name, returns the value. Raises Refused."""


def text(value: Any, name: str) -> str:
    """Read a string of up to 5,000 characters."""
    if not isinstance(value, str):
        raise Refused("Invalid string: a hash was given.", param=name)
    if len(value) > 5000:
        raise Refused(f"Invalid string: {name} is longer than 5000 characters.", param=name)
    return value


def integer(value: Any, name: str) -> int:
    """Read a whole number."""
    try:
        return int(text(value, name))
    except ValueError:
        raise Refused(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name) from None


def boolean(value: Any, name: str) -> bool:
    """Read true or false."""
    if value not in ("true", "false"):
        raise Refused(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def address(value: Any, name: str) -> str:
    """Read an absolute URL."""
    if urlsplit(text(value, name)).scheme not in ("http", "https"):
        raise Refused("Not a valid URL", code="url_invalid", param=name)
    return str(value)


def metadata(value: Any, name: str) -> dict[str, str]:
    """Read up to 50 pairs of strings: https://docs.stripe.com/api/metadata"""
    if not isinstance(value, dict):
        raise Refused(f"Invalid hash: {name}", param=name)
    if len(value) > 50 or any(len(key) > 40 for key in value):
        raise Refused("Metadata has at most 50 keys of at most 40 characters.", param=name)
    for key, inner in value.items():
        if len(text(inner, f"{name}[{key}]")) > 500:
            raise Refused("Metadata values have at most 500 characters.", param=f"{name}[{key}]")
    return {key: inner for key, inner in value.items() if inner}


def one_of(*choices: str) -> Reader:
    """Read one of the strings."""

    def read(value: Any, name: str) -> str:
        if value not in choices:
            raise Refused(f"Invalid {name}: must be one of {', '.join(choices)}", param=name)
        return str(value)

    return read


def many(reader: Reader) -> Reader:
    """Read a list."""

    def read(value: Any, name: str) -> list[Any]:
        if not isinstance(value, dict):
            raise Refused("Invalid array", param=name)
        return [reader(inner, f"{name}[{index}]") for index, inner in enumerate(value.values())]

    return read


class Shape:
    """Named parameters and their readers. Those whose reader is in `required` must be there."""

    def __init__(self, *required: str, **readers: Reader) -> None:
        self._required = required
        self._readers: Mapping[str, Reader] = readers

    def __call__(self, value: Any, name: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused("Invalid object", param=name)
        for key in value:
            if key not in self._readers:
                raise Refused(
                    f"Received unknown parameter: {_path(name, key)}",
                    code="parameter_unknown",
                    param=_path(name, key),
                )
        read = {key: self._readers[key](inner, _path(name, key)) for key, inner in value.items() if inner != ""}
        for key in self._required:
            if key not in read:
                raise Refused(
                    f"Missing required param: {_path(name, key)}.", code="parameter_missing", param=_path(name, key)
                )
        return read

    def extended(self, *required: str, **readers: Reader) -> "Shape":
        """Return a shape with more parameters."""
        return Shape(*self._required, *required, **{**self._readers, **readers})


def _path(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key


EXPANDABLE = Shape(expand=many(text))
"""Every operation takes `expand`."""

LISTED = EXPANDABLE.extended(limit=integer, starting_after=text, ending_before=text)

RANGE = Shape(gt=integer, gte=integer, lt=integer, lte=integer)


def instants(value: Any, name: str) -> dict[str, int]:
    """Read a range of timestamps, or one."""
    return RANGE(value, name) if isinstance(value, dict) else {"gte": integer(value, name), "lte": integer(value, name)}
