"""How long a cold start takes, beside the zip that Zappa makes by itself: `python -m infra.packaging.cold_start`.

A cold start goes from the start of the process to its first answer, here to a request for /healthz, which needs every
address of the site and no database. Each package is started in turn, so that a busy machine slows both.
"""

import json
import resource
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from config.zappa_settings import read_document, read_stages
from infra.errors import ColdStartFailed
from infra.gateway.http_messages import HttpRequest
from infra.gateway.rest_api import RestAPI
from infra.local.zappa_stage import ZappaStage, load_stage
from infra.packaging.package import make_package
from infra.packaging.packaging_environment import SETTINGS_FILE, PackagingEnvironment
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.unpacked_package import UnpackedPackage

STAGE = "dev"
STARTS = 10
LIMIT = 0.35
"""The share of the stock zip's time that a start may take."""

OURS, STOCK = "make package", "zappa package"
HOOKS = ("callbacks", "prebuild_script", "extends")
ENVIRONMENT = {
    "DATABASE_URL": "postgres://user:password@127.0.0.1:1/none",
    "SECRET_ARN": "",  # a call to AWS would take as long for either
    "SECRET_KEY": "of-a-function-that-nobody-reaches-and-known-to-everyone-who-reads-this",  # not a secret
    "PYTHONDONTWRITEBYTECODE": "1",  # as on Lambda, where the code is read-only whoever runs it
}


@dataclass(frozen=True)
class ColdStart:
    """What one start took, in seconds."""

    wall: float
    cpu: float


def make_stock_package(directory: Path) -> Path:
    """Have Zappa package the stage in the same environment, without this project's hooks."""
    stages = {stage.name: stage.settings for stage in read_stages(read_document(SETTINGS_FILE))}
    settings_file, package = directory / "zappa_settings.json", directory / "stock.zip"
    settings = {key: value for key, value in stages[STAGE].items() if key not in HOOKS}
    settings_file.write_text(json.dumps({STAGE: settings}))
    PackagingEnvironment.prepare().package(STAGE, package, settings_file)
    return package


def measure(package: Path, stage: ZappaStage) -> ColdStart:
    """Start the unpacked package once, and end it after its first answer. Raises ColdStartFailed."""
    sandbox = Sandbox(
        package,
        handler=stage.handler,
        environment=stage.variables | ENVIRONMENT,
        timeout=timedelta(seconds=stage.timeout_seconds),
        memory_megabytes=stage.memory_megabytes,
    )
    cpu, began = _cpu_of_children(), time.perf_counter()
    with sandbox:
        result = sandbox.invoke(_request(stage))
        wall = time.perf_counter() - began
    if result.error or result.payload["statusCode"] != 200:
        raise ColdStartFailed(result.log)
    return ColdStart(wall=wall, cpu=_cpu_of_children() - cpu)


def compare(packages: dict[str, Path], stage: ZappaStage, starts: int = STARTS) -> dict[str, ColdStart]:
    """The medians of this many starts of each package, started in turn."""
    taken: dict[str, list[ColdStart]] = {name: [] for name in packages}
    for _ in range(starts):
        for name, package in packages.items():
            taken[name].append(measure(package, stage))
    return {name: _median(several) for name, several in taken.items()}


def main() -> int:
    """Make both packages, start them in turn and print a table; 1 if ours takes more than its share."""
    stage = load_stage(STAGE)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        archives = {OURS: make_package(STAGE, directory), STOCK: make_stock_package(directory)}
        unpacked = {name: stack.enter_context(UnpackedPackage(path)).directory for name, path in archives.items()}
        medians = compare(unpacked, stage)
    share = ColdStart(medians[OURS].wall / medians[STOCK].wall, medians[OURS].cpu / medians[STOCK].cpu)
    print(f"Cold start, median of {STARTS}:{'CPU':>12}{'wall':>12}")
    for name, start in medians.items():
        print(f"{name:<26}{start.cpu * 1000:>9.0f} ms{start.wall * 1000:>9.0f} ms")
    print(f"{'share, ' + str(LIMIT) + ' allowed':<26}{share.cpu:>12.2f}{share.wall:>12.2f}")
    return int(max(share.cpu, share.wall) > LIMIT)


def _median(starts: list[ColdStart]) -> ColdStart:
    return ColdStart(
        wall=statistics.median(start.wall for start in starts), cpu=statistics.median(start.cpu for start in starts)
    )


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _request(stage: ZappaStage) -> dict[str, Any]:
    api = RestAPI(f"local.execute-api.{stage.region}.amazonaws.com", stage.name)
    return api.event(HttpRequest("GET", f"/{stage.name}/healthz", "", [("Host", api.host)], b"", "127.0.0.1"))


if __name__ == "__main__":
    sys.exit(main())
