"""Redaction of old values in free text, as a user's erasure needs it."""

import json
import re
from collections.abc import Collection

from django.db.models import Q


def mentions(field: str, values: Collection[str]) -> Q:
    """Return the condition that the text field contains one of the values in any case, as it is or as JSON escapes it.

    It may also hold for longer words, which `redacted` leaves alone.
    """
    return Q(*((f"{field}__icontains", form) for form in sorted(_forms(values))), _connector=Q.OR)


def redacted(text: str, values: Collection[str], replacement: str) -> str:
    """Return the text with each value replaced where it is no part of a longer name or address."""
    for form in sorted(_forms(values), key=len, reverse=True):
        text = re.sub(rf"(?<![\w@]){re.escape(form)}(?![\w@])", replacement, text, flags=re.IGNORECASE)
    return text


def _forms(values: Collection[str]) -> set[str]:
    return {form for value in values for form in (value, json.dumps(value)[1:-1])}
