"""Detection of an existing package built from the same release."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
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

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Let one program at a time make the zip, so that the others find it made."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @property
    def _note(self) -> Path:
        return self.path.with_suffix(".made-from")

    def _text(self) -> str:
        return f"{hashlib.sha256(self.path.read_bytes()).hexdigest()} {self.sources}\n"
