"""Sizes of a package's parts."""

from collections import Counter
from pathlib import Path
from zipfile import ZipFile

LINES = 8
MEBIBYTE = 2**20


def has_bytecode(package: Path) -> bool:
    """Return True if the package has compiled modules."""
    with ZipFile(package) as zipped:
        return any(name.endswith(".pyc") for name in zipped.namelist())


def size_table(package: Path) -> str:
    """Return a table of the package's size and its largest parts, in MiB as compressed."""
    with ZipFile(package) as zipped:
        parts = Counter[str]()
        for entry in zipped.infolist():
            parts[entry.filename.split("/")[0]] += entry.compress_size
    biggest = parts.most_common(LINES)
    rest = parts.total() - sum(size for _, size in biggest)
    lines = [*biggest, (f"{len(parts) - len(biggest)} more", rest), ("the zip", package.stat().st_size)]
    return "\n".join(f"{name:<24}{size / MEBIBYTE:>8.1f} MiB" for name, size in lines)
