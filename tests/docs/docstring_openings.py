"""Statistic of docstrings that open with a relative clause: python -m tests.docs.docstring_openings [CHECKOUT]."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

RELATIVE_CLAUSE = re.compile(r"\W*(What|Who|Whose|Whether|Where|When|How|Which|Why|Those|Nobody)\b")


def docstrings(source: str) -> Iterator[str]:
    """Yield every string that stands as a statement: docstrings of modules, classes, functions and attributes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str() as text)):
                yield text


def openings(root: Path) -> dict[str, tuple[int, int]]:
    """Return per top-level folder the number of docstrings, and how many open with a relative clause."""
    counts: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for path in tracked_modules(root):
        texts = list(docstrings((root / path).read_text(encoding="utf-8")))
        relative = sum(bool(RELATIVE_CLAUSE.match(text)) for text in texts)
        before, relative_before = counts[path.parts[0]]
        counts[path.parts[0]] = (before + len(texts), relative_before + relative)
    return dict(counts)


def tracked_modules(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=root, check=True, capture_output=True, text=True)  # noqa: S607
    return [Path(name) for name in listed.stdout.splitlines() if (root / name).exists()]


def main(root: Path) -> None:
    rows = sorted(openings(root).items())
    total = tuple(map(sum, zip(*(row for _, row in rows), strict=True)))
    print(f"{'folder':16} {'docstrings':>10} {'relative':>9} {'percent':>8}")  # noqa: T201
    for folder, (count, relative) in [*rows, ("total", total)]:
        print(f"{folder:16} {count:10,} {relative:9,} {relative / max(count, 1):8.1%}")  # noqa: T201


if __name__ == "__main__":
    main(Path(*sys.argv[1:]))
