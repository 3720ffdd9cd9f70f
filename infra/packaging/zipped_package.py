"""A package as it is uploaded: its files, and for which stage and runtime it was made, as it says itself."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zipfile import ZipFile

from config.zappa_settings import read_stages
from infra.errors import PackageWithoutStage
from infra.packaging.lambda_runtimes import LambdaRuntime, runtime_of

STAGE = re.compile(r"^API_STAGE='(.+)'$", re.MULTILINE)
"""A line of the module that Zappa writes into each package."""


@dataclass(frozen=True)
class PackageStage:
    """What the stage says about the function. `handler` is the dotted name of what Lambda calls."""

    name: str
    architecture: str
    handler: str

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> Self:
        """Read zappa_settings.py, which has the stage's name, and zappa_settings.json. Raises PackageWithoutStage."""
        try:
            name = STAGE.findall(files["zappa_settings.py"].decode())[0]
            stages = read_stages(json.loads(files["zappa_settings.json"]))
            settings = next(stage.settings for stage in stages if stage.name == name)
        except (KeyError, IndexError, StopIteration, ValueError) as error:
            raise PackageWithoutStage("It must have zappa_settings.py, as Zappa makes it, and a whole .json") from error
        return cls(
            name=name,
            architecture=settings.get("architecture", "x86_64"),
            handler=settings.get("lambda_handler", "handler.lambda_handler"),
        )


@dataclass(frozen=True)
class ZippedPackage:
    """A whole package in memory, files by name; the runtime is that of the Python that runs this."""

    files: Mapping[str, bytes]
    stage: PackageStage
    runtime: LambdaRuntime

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a zip. Raises BadZipFile and zlib.error for a damaged one, PackageWithoutStage and UnsupportedPython."""
        with ZipFile(path) as zipped:
            files = {name: zipped.read(name) for name in zipped.namelist()}
        return cls(files, PackageStage.read(files), runtime_of())
