"""Processes that tests start and end."""

from pathlib import Path


def is_gone(pid: int) -> bool:
    """Return True if the process has ended, even if its parent has not waited for it yet."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True
