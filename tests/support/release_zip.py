"""Zips with code that is never run."""

import io
import json
import zipfile
from typing import Any

from infra.packaging.release import RECORD


def code_of(text: str, commit: str = "0" * 40, *, dirty: bool = False) -> bytes:
    """Return a reproducible zip that names its commit."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("handler.py"), text)  # which dates it 1980
        archive.writestr(zipfile.ZipInfo(RECORD), json.dumps({"commit": commit, "dirty": dirty}))
    return file.getvalue()


def release_of(text: str, stage: dict[str, Any]) -> bytes:
    """Return a zip that names its stage."""
    file = io.BytesIO(code_of(text))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(zipfile.ZipInfo("zappa_settings.json"), json.dumps({"dev": stage}))
    return file.getvalue()
