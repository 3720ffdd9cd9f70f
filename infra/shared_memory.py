"""Shared memory for temporary files: many of them are written several times as fast as to a disk."""

import os
import shutil
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - tempfile makes a directory of our own inside
ROOM = 1 << 30  # bytes; Docker's default of 64 MiB of shared memory holds a new cluster and little else


def fastest_directory(room: int = ROOM) -> Path | None:
    """Return shared memory if it has enough free space, otherwise None, for tempfile's default."""
    if not os.access(SHARED_MEMORY, os.W_OK):
        return None
    return SHARED_MEMORY if shutil.disk_usage(SHARED_MEMORY).free >= room else None
