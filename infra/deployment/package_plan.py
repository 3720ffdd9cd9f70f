"""Differences between the package of a deployment and the running one."""

import io
import zipfile
from pathlib import Path

from infra.packaging.release import recorded_commit

MEGABYTE = 1 << 20


def package_changes(package: Path, live: bytes | None) -> list[str]:
    """Return commit and size of the package, and the number of changed files. `live` is the running zip, if any."""
    new = package.read_bytes()
    said = f"commit {recorded_commit(package)}, {len(new) / MEGABYTE:.1f} MB"
    if live is None:
        return [f"+ {said}, {len(_files(new))} files"]
    if new == live:
        return []
    before, after = _files(live), _files(new)
    added, removed = after.keys() - before.keys(), before.keys() - after.keys()
    changed = [name for name in before.keys() & after.keys() if before[name] != after[name]]
    counts = f"{len(added)} files added, {len(changed)} changed, {len(removed)} removed"
    return [f"~ {said}, {(len(new) - len(live)) / MEGABYTE:+.1f} MB", f"    {counts}"]


def _files(zipped: bytes) -> dict[str, tuple[int, int]]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return {entry.filename: (entry.CRC, entry.file_size) for entry in archive.infolist()}
