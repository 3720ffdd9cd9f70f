"""Test for running processes."""

from pathlib import Path


def lives(pid: int) -> bool:
    """Return True if the process is running, and not just a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
