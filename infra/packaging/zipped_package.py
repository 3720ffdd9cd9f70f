"""Uploaded package: its files, and the stage and runtime that it names."""

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
"""Line in the module that Zappa writes into each package."""


@dataclass(frozen=True)
class PackageStage:
    """Stage settings in the package. `handler` is the dotted name of the Lambda handler."""

    name: str
    target: LambdaTarget
    handler: str

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> Self:
        """Parse zappa_settings.py, which names the stage, and zappa_settings.json. Raises PackageWithoutStage."""
        try:
            name = STAGE.findall(files["zappa_settings.py"].decode())[0]
            stages = read_stages(json.loads(files["zappa_settings.json"]))
            settings = next(stage.settings for stage in stages if stage.name == name)
        except (KeyError, IndexError, StopIteration, ValueError) as error:
            raise PackageWithoutStage("It needs Zappa's zappa_settings.py and a valid zappa_settings.json") from error
        return cls(
            name=name,
            target=LambdaTarget.of_stage(settings),
            handler=settings.get("lambda_handler", "handler.lambda_handler"),
        )


@dataclass(frozen=True)
class ZippedPackage:
    """Package in memory, files by name. `target` is the machine to run it."""

    files: Mapping[str, bytes]
    stage: PackageStage
    target: LambdaTarget

    @classmethod
    def read(cls, path: Path, target: LambdaTarget | None = None) -> Self:
        """Read a zip. Raises BadZipFile and zlib.error if damaged, PackageWithoutStage and UnsupportedPython."""
        with ZipFile(path) as zipped:
            files = {name: zipped.read(name) for name in zipped.namelist()}
        stage = PackageStage.read(files)
        return cls(files, stage, target or stage.target)
