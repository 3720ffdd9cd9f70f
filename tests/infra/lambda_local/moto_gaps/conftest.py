"""Local AWS, and a stock moto for comparison."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.moto_gaps.functions import Request
from tests.infra.lambda_local.moto_gaps.cloud import Cloud
from tests.infra.lambda_local.moto_gaps.recorder import Recorder

SERVER = """
import logging, sys, time
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%s" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="package")
def stock() -> Iterator[Cloud]:
    """Start an unchanged moto in a process of its own."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdin=-1, stdout=-1, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        cloud = Cloud(process.stdout.readline().decode().strip())
        cloud.provide()
        yield cloud
        process.kill()


@pytest.fixture
def local(aws: LocalAWS) -> Cloud:
    """Return the local AWS."""
    cloud = Cloud(aws.url)
    cloud.provide()
    return cloud


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    Request.runner = recorder = Recorder()
    yield recorder
    Request.runner = None
