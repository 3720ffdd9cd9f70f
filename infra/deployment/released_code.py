"""Zip of a version, kept by Lambda: code, and a zappa_settings.json with the schedule to restore."""

import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from infra.deployment.deployed_function import DeployedFunction
from infra.errors import Refused
from infra.packaging.packaging_environment import SETTINGS_FILE

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

DOWNLOAD_SECONDS = 60


@dataclass
class ReleasedCode:
    """Code of one version of a function. Raises Refused if it is unavailable."""

    client: "LambdaClient"
    function_name: str
    version: str

    @cached_property
    def zipped(self) -> bytes:
        """Content of the zip."""
        found = self.client.get_function(FunctionName=self.function_name, Qualifier=self.version)
        try:
            with urlopen(found["Code"]["Location"], timeout=DOWNLOAD_SECONDS) as answer:  # noqa: S310 - AWS's own
                content: bytes = answer.read()
        except URLError as error:
            raise Refused(f"the code of version {self.version} cannot be downloaded: {error}") from error
        return content

    def write_settings(self, directory: Path) -> Path:
        """Write the version's zappa_settings.json into the directory.

        Return its path. Raises Refused if it has none.
        """
        directory.mkdir(exist_ok=True)
        path = directory / f"released-{self.function_name}-{self.version}.json"
        with zipfile.ZipFile(io.BytesIO(self.zipped)) as archive:
            if SETTINGS_FILE.name not in archive.namelist():
                raise Refused(
                    f"version {self.version} has no {SETTINGS_FILE.name}: check out its commit, and deploy that"
                )
            path.write_bytes(archive.read(SETTINGS_FILE.name))
        return path

    def restore(self, function: DeployedFunction) -> None:
        """Replace the function's code with this one. Raises NotSettled."""
        function.replace_code(self.zipped)
