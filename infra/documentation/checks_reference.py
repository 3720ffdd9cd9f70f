"""docs/reference/checks.md: the system checks, from the docstrings of the modules that register them."""

import ast
import re
from collections.abc import Iterator, Mapping

from infra.documentation.generated import MARK

ENTRY = re.compile(r"^- ([a-z_]+\.[EWI]\d{3}): (.+(?:\n  .+)*)", re.MULTILINE)


def read_checks(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the meaning of each check by its id, from sources by their path. Raises ValueError for an id twice."""
    checks: dict[str, str] = {}
    for path, source in sources.items():
        for check_id, meaning in ENTRY.findall(ast.get_docstring(ast.parse(source)) or ""):
            if check_id in checks:
                raise ValueError(f"{path} describes {check_id}, which another module describes too")
            checks[check_id] = " ".join(meaning.split())
    return dict(sorted(checks.items()))


def checks_document(checks: Mapping[str, str]) -> str:
    """Return docs/reference/checks.md."""
    return "\n".join(_document(checks)) + "\n"


def _document(checks: Mapping[str, str]) -> Iterator[str]:
    yield f"# System checks\n\n{MARK}\n"
    yield "`manage.py check` runs them; `manage.py check --database default` and `migrate` also those of the database."
    yield "Each message says what to do. E is an error, W a warning.\n"
    yield "| id | meaning |\n|---|---|"
    yield from (f"| {check_id} | {meaning} |" for check_id, meaning in checks.items())
