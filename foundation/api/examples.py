"""Examples in the OpenAPI description."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

T = TypeVar("T", bound=type)


def example(value: Any, *, name: str = "Example", **options: Any) -> Callable[[T], T]:
    """Show the value wherever a request or an answer has the decorated serializer's form.

    `options` are those of drf-spectacular's OpenApiExample, such as `request_only`.
    """
    decorate: Callable[[T], T] = extend_schema_serializer(examples=[OpenApiExample(name, value=value, **options)])
    return decorate
