"""What the zappa_settings.json of a release says, which is in its zip: its schedule goes back with its code."""

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from infra.errors import Refused
from infra.packaging.packaging_environment import SETTINGS_FILE

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

DOWNLOAD_SECONDS = 60


def write_released_settings(client: "LambdaClient", function_name: str, version: str, directory: Path) -> Path:
    """Write them into the directory; return where. Raises Refused where the version's zip has none."""
    location = client.get_function(FunctionName=function_name, Qualifier=version)["Code"]["Location"]
    with urlopen(location, timeout=DOWNLOAD_SECONDS) as answer:  # noqa: S310 - AWS's own address
        zipped = io.BytesIO(answer.read())
    directory.mkdir(exist_ok=True)
    path = directory / f"released-{function_name}-{version}.json"
    with zipfile.ZipFile(zipped) as archive:
        if SETTINGS_FILE.name not in archive.namelist():
            raise Refused(f"version {version} has no {SETTINGS_FILE.name}: check out its commit, and deploy that")
        path.write_bytes(archive.read(SETTINGS_FILE.name))
    return path
