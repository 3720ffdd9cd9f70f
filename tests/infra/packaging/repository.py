"""Git repository of a test."""

import subprocess
from pathlib import Path

AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")


def git(directory: Path, *command: str) -> None:
    subprocess.run(("git", *AUTHOR, *command), cwd=directory, check=True, capture_output=True)  # noqa: S607


def commit_all(directory: Path) -> None:
    git(directory, "init", "--quiet")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", "Release")
