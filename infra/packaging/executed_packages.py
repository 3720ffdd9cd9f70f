"""Record of packages that ran on this machine, so that a deployment can say whether it uploads a tested one."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from infra.packaging.bytecode import compiled_name
from infra.packaging.packaging_environment import BUILD

OF_THE_STAGE = {"zappa_settings.py", compiled_name("zappa_settings.py")}
"""Files that name the stage, and so differ between packages of the same release."""

REMEMBERED = 50


@dataclass(frozen=True)
class ExecutedPackages:
    """List of executed packages, the latest last, by the hash of their files."""

    path: Path = BUILD / "executed-packages"

    def has(self, package: Path) -> bool:
        """Return True if these files ran, for this or another stage of the same release."""
        return content_sha256(package) in self._known()

    def add(self, package: Path) -> None:
        """Record that the package ran."""
        known = [digest for digest in self._known() if digest != content_sha256(package)]
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text("\n".join([*known, content_sha256(package)][-REMEMBERED:]) + "\n")

    def _known(self) -> list[str]:
        return self.path.read_text().split() if self.path.exists() else []


def code_sha256(package: Path) -> str:
    """Return the zip's hash in Lambda's format: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html."""
    return base64.b64encode(hashlib.sha256(package.read_bytes()).digest()).decode()


def content_sha256(package: Path) -> str:
    """Return a hash of names and contents of the files, except those of the stage."""
    digest = hashlib.sha256()
    with ZipFile(package) as zipped:
        for name in sorted(set(zipped.namelist()) - OF_THE_STAGE):
            digest.update(f"{name}\0".encode() + hashlib.sha256(zipped.read(name)).digest())
    return digest.hexdigest()
