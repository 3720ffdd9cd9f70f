"""Markdown documents of the repository: their links, headings and Python samples."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """One Markdown file, by its path in the repository."""

    path: str

    @property
    def text(self) -> str:
        return (ROOT / self.path).read_text()

    def links(self) -> Iterator[str]:
        """Yield the targets of the links, those outside of code blocks."""
        yield from LINK.findall(FENCED.sub("", self.text))

    def anchors(self) -> set[str]:
        """Return the anchors that GitHub gives the headings."""
        return {_anchor(heading) for heading in HEADING.findall(FENCED.sub("", self.text))}

    def python_samples(self) -> list[str]:
        """Return the code blocks that are marked as Python."""
        return PYTHON.findall(self.text)


def documents(folder: str = "") -> list[Document]:
    """Return the Markdown files of the folder that git tracks, deleted ones excepted."""
    listed = subprocess.run(
        ["git", "ls-files", "--", f"{folder}*.md"],  # noqa: S607 - whatever git is installed
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [Document(path) for path in listed.stdout.split() if (ROOT / path).exists()]


def _anchor(heading: str) -> str:
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")
