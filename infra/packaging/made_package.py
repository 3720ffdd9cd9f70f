"""Detection of an existing package built from the same release."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MadePackage:
    """Package and its sources. A file beside the zip records both."""

    path: Path
    sources: str

    @property
    def is_current(self) -> bool:
        """True if the zip is unchanged and built from these sources."""
        return self.path.exists() and self._note.exists() and self._note.read_text() == self._text()

    def remember(self) -> None:
        """Record the sources of the zip."""
        self._note.write_text(self._text())

    @property
    def _note(self) -> Path:
        return self.path.with_suffix(".made-from")

    def _text(self) -> str:
        return f"{hashlib.sha256(self.path.read_bytes()).hexdigest()} {self.sources}\n"
