"""Form encoding with brackets: `metadata[order]=7&expand[]=customer`. https://docs.stripe.com/api"""

import re
from typing import Any
from urllib.parse import parse_qsl

from infra.local_provider.errors import Refused

NAME = re.compile(r"^(?P<first>[^\[\]]+)(?P<rest>(\[[^\[\]]*\])*)$")

Form = dict[str, Any]
"""Strings, or forms. A list is a form whose names are positions."""


def decode_form(encoded: str) -> Form:
    """Return the nested form. Raises Refused for a name that nobody can mean."""
    form: Form = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        found = NAME.match(name)
        if found is None:
            raise Refused(f"Invalid request: the name of a parameter is malformed: {name}", param=name)
        _put(form, [found["first"], *re.findall(r"\[([^\[\]]*)\]", found["rest"])], value)
    return form


def _put(form: Form, path: list[str], value: str) -> None:
    *folders, last = path
    for folder in folders:
        inner = form.setdefault(folder or str(len(form)), {})
        if not isinstance(inner, dict):
            raise Refused(f"Invalid {folder}: it is a value and a hash at once", param=folder)
        form = inner
    form[last or str(len(form))] = value
