"""Whether a process still runs."""

from pathlib import Path


def lives(pid: int) -> bool:
    """Whether a process is more than an entry in the table of processes."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
