"""A zip unpacked as on Lambda: read-only files, with the zip's own dates."""

import os
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from zipfile import ZipFile, ZipInfo

from infra.lambda_local.lifetime import RemovedWithThisProcess

READ_ONLY_FILE = 0o444
READ_ONLY_DIRECTORY = 0o555


class UnpackedPackage:
    """Context manager: unpacks the zip into `directory`, and removes it at the end or when this process ends."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive

    def __enter__(self) -> Self:
        self.directory = Path(tempfile.mkdtemp(prefix="package-"))
        self._files = RemovedWithThisProcess([self.directory])
        with ZipFile(self._archive) as archive:
            archive.extractall(self.directory)
            for entry in archive.infolist():
                self._date(entry)
        self._make_read_only()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.remove()

    def _date(self, entry: ZipInfo) -> None:
        # Python compares a source's date with the one in its .pyc file, so a wrong date changes what is recompiled.
        seconds = time.mktime((*entry.date_time, 0, 0, -1))
        os.utime(self.directory / entry.filename, (seconds, seconds))

    def _make_read_only(self) -> None:
        for path in self.directory.rglob("*"):
            path.chmod(READ_ONLY_DIRECTORY if path.is_dir() else READ_ONLY_FILE)
        self.directory.chmod(READ_ONLY_DIRECTORY)
