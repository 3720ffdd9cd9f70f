"""Releases of the storm: each has its own settings and code, and some are broken."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from infra.packaging.bytecode import compile_module, compiled_name
from infra.packaging.executed_packages import code_sha256
from infra.packaging.release import RECORD
from infra.packaging.zappa_stage import load_stage
from tests.infra.deployment.account import dev

STAGE = "dev"
SETTINGS = "zappa_settings.json"
MARK = "storm.json"
"""File in the package that defines its failure."""
HANDLER = "config/aws_lambda/handler.py"
VARIABLE = "RENEWAL_ALLOWED_TO"
"""Variable that only every second release sets."""


class Fails(Enum):
    """Steps of a deployment at which a release may fail."""

    NEVER = "never"
    AT_START = "at start"
    AT_MIGRATION = "at migration"
    AT_ITS_PAGE = "at its page"


@dataclass(frozen=True)
class StormRelease:
    """Release: a zip, and the settings that it was built with."""

    number: int
    fails: Fails
    package: Path
    settings_file: Path
    sha256: str

    def __str__(self) -> str:
        return f"release {self.number}" + (f", failing {self.fails.value}" if self.fails is not Fails.NEVER else "")

    @property
    def variables(self) -> dict[str, str]:
        """Return the function's variables in its settings."""
        found: dict[str, str] = json.loads(self.settings_file.read_text())[STAGE]["aws_environment_variables"]
        return found


def make_release(directory: Path, number: int, fails: Fails = Fails.NEVER) -> StormRelease:
    """Create a release with different memory, variables and schedule than the previous one."""
    directory.mkdir()
    settings_file = directory / SETTINGS
    settings_file.write_text(json.dumps({STAGE: _settings(number)}), encoding="utf-8")
    package = directory / "package.zip"
    modules = {
        HANDLER: b"def lambda_handler(event, context):\n    return None\n",
        "zappa_settings.py": load_stage(STAGE, settings_file).handler_settings.encode(),
    }
    write_zip(
        package,
        {
            **modules,
            **{compiled_name(name): compile_module(name, source) for name, source in modules.items()},
            SETTINGS: settings_file.read_bytes(),
            RECORD: json.dumps({"commit": f"{number:040d}", "dirty": False, "apps": []}).encode(),
            MARK: json.dumps({"number": number, "fails": fails.name}).encode(),
        },
    )
    return StormRelease(number, fails, package, settings_file, code_sha256(package))


def write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a reproducible zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # which dates it 1980


def _settings(number: int) -> dict[str, Any]:
    stage = dev()
    stage["memory_size"] = 512 + 64 * (number % 4)
    if number % 2:
        stage["aws_environment_variables"][VARIABLE] = "staff"
        *_, last = (event for event in stage["events"] if "expression" in event)
        stage["events"].remove(last)
    return stage
