"""A package as it is uploaded: its files, and for which stage and runtime it was made, as it says itself."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zipfile import ZipFile

from config.zappa.stages import read_stages
from infra.errors import PackageWithoutStage
from infra.packaging.lambda_target import LambdaTarget

STAGE = re.compile(r"^API_STAGE='(.+)'$", re.MULTILINE)
"""A line of the module that Zappa writes into each package."""


@dataclass(frozen=True)
class PackageStage:
    """What the stage says about the function. `handler` is the dotted name of what Lambda calls."""

    name: str
    target: LambdaTarget
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
            target=LambdaTarget.of_stage(settings),
            handler=settings.get("lambda_handler", "handler.lambda_handler"),
        )


@dataclass(frozen=True)
class ZippedPackage:
    """A whole package in memory, files by name. `target` is the machine that it is to run on."""

    files: Mapping[str, bytes]
    stage: PackageStage
    target: LambdaTarget

    @classmethod
    def read(cls, path: Path, target: LambdaTarget | None = None) -> Self:
        """Read a zip. Raises BadZipFile and zlib.error for a damaged one, PackageWithoutStage and UnsupportedPython."""
        with ZipFile(path) as zipped:
            files = {name: zipped.read(name) for name in zipped.namelist()}
        stage = PackageStage.read(files)
        return cls(files, stage, target or stage.target)
