"""Recognise an existing package that was made from the release to be packaged."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MadePackage:
    """A package, and what it is made from. A file beside the zip names both."""

    path: Path
    sources: str

    @property
    def is_current(self) -> bool:
        """True if the zip is as it was made, from these sources."""
        return self.path.exists() and self._note.exists() and self._note.read_text() == self._text()

    def remember(self) -> None:
        """Note what the zip was made from."""
        self._note.write_text(self._text())

    @property
    def _note(self) -> Path:
        return self.path.with_suffix(".made-from")

    def _text(self) -> str:
        return f"{hashlib.sha256(self.path.read_bytes()).hexdigest()} {self.sources}\n"
