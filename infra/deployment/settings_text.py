"""Text of zappa_settings.json, in which only changed stages are rewritten."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

SEPARATORS = re.compile(r"[\s,:]*")
SHORT_LIST = re.compile(r"\[\n\s+(\"[^\"\n]*\"|[\d.]+)\n\s+\]")
"""List with one value, which the file has on one line."""

Document = Mapping[str, Mapping[str, Any]]


def with_stages(text: str, document: Document) -> str:
    """Return the text with the document's stages, new ones at the end. Unchanged stages keep their bytes."""
    before, spans = json.loads(text), list(_spans(text))
    _, _, last = spans[-1]
    added = [f',\n    "{name}": {_rendered(stage)}' for name, stage in document.items() if name not in before]
    text = text[:last] + "".join(added) + text[last:]
    for name, start, end in reversed(spans):
        if _rendered(before[name]) != _rendered(document[name]):
            text = text[:start] + _rendered(document[name]) + text[end:]
    return text


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each stage's name, and the start and end of its object."""
    decoder, at = json.JSONDecoder(), text.index("{") + 1
    while text[at := _after_separators(text, at)] != "}":
        name, at = decoder.raw_decode(text, at)
        start = _after_separators(text, at)
        _, at = decoder.raw_decode(text, start)
        yield name, start, at


def _after_separators(text: str, at: int) -> int:
    found = SEPARATORS.match(text, at)
    return found.end() if found else at


def _rendered(stage: Mapping[str, Any]) -> str:
    text = json.dumps(stage, indent=4, ensure_ascii=False).replace("\n", "\n    ")
    return SHORT_LIST.sub(r"[\1]", text)
