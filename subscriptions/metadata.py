"""Bounds of what integrators keep with a subscription: an id and some texts of their own."""

import json
import re
from collections.abc import Iterator
from typing import Any

from subscriptions.errors import InvalidMetadata
from subscriptions.models import EXTERNAL_ID_LENGTH

MOST_KEYS = 20
KEY_PATTERN = r"^[A-Za-z_][A-Za-z0-9_.-]{0,39}$"
"""A key of digits alone would be an index to the database's look-up."""
VALUE_LENGTH = 500
MOST_BYTES = 4_096
"""Size as JSON in UTF-8. An event repeats it, and SNS takes at most 256 KiB with all attributes."""


def refuse_invalid_metadata(metadata: Any) -> None:
    """Raise InvalidMetadata, which names what is beyond the bounds."""
    if problem := next(_problems(metadata), None):
        raise InvalidMetadata(problem)


def refuse_invalid_external_id(external_id: str) -> None:
    """Raise InvalidMetadata if the id is too long, or holds a NUL, which PostgreSQL cannot store."""
    if len(external_id) > EXTERNAL_ID_LENGTH or "\0" in external_id:
        raise InvalidMetadata(f"external_id has at most {EXTERNAL_ID_LENGTH} characters, none of them NUL.")


def _problems(metadata: Any) -> Iterator[str]:
    if not isinstance(metadata, dict):
        yield "metadata is an object of texts."
        return
    if len(metadata) > MOST_KEYS:
        yield f"metadata has at most {MOST_KEYS} keys; these are {len(metadata)}."
    for key, value in metadata.items():
        if not re.fullmatch(KEY_PATTERN, key):
            yield "A key of metadata has at most 40 letters, digits, dots, dashes and underscores, a letter first."
        elif not isinstance(value, str) or len(value) > VALUE_LENGTH:
            yield f"metadata.{key} is a text of at most {VALUE_LENGTH} characters."
        elif not _is_storable(value):
            yield f"metadata.{key} holds a NUL or half a character."
    if (size := len(json.dumps(metadata))) > MOST_BYTES:
        yield f"metadata has at most {MOST_BYTES} bytes as JSON; this has {size}."


def _is_storable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
