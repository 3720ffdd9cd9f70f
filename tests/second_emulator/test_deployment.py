"""Main path of a deployment on the second emulator, whose Lambda runs the deployed code."""

import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from infra.deployment import rollout, smoke_test, teardown
from infra.deployment.database_migration import JOB, PLAN
from infra.deployment.deployment import Deployment
from infra.deployment.smoke_test import get
from infra.deployment.steps import Steps
from infra.errors import NotAsPackaged
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.packaging.release import RECORD
from tests.infra.deployment.account import SECRET, dev
from tests.infra.deployment.answering_functions import MIGRATED

CODE = f"""
def lambda_handler(event, context):
    if "httpMethod" in event:
        return {{"statusCode": 200, "headers": {{}}, "body": TEXT}}
    return {{{JOB!r}: {MIGRATED!r}, {PLAN!r}: {{"applied": [], "pending": {{}}}}}}.get(event.get("command"))
"""


@pytest.fixture
def deployment(aws: LocalAWS, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Return a stage with its messaging stack."""
    monkeypatch.setattr(Deployment, "check_package", lambda *_: None)  # these have little in them
    monkeypatch.setattr("infra.deployment.cloud_stack.INTERVAL", timedelta(seconds=0.1))
    monkeypatch.setattr(smoke_test, "PAUSE_SECONDS", 0.1)
    settings = tmp_path / "zappa_settings.json"
    settings.write_text(json.dumps({"dev": dev()}), encoding="utf-8")
    template.rename(tmp_path / "messaging.yaml")

    def address(api_id: str, _region: str, stage: str) -> str:
        return f"{aws.url}/restapis/{api_id}/{stage}/_user_request_"

    made = Deployment("dev", settings, address, tmp_path, tmp_path / "build")
    made.update_stack()
    made.secret.write(**SECRET)
    return made


def release(directory: Path, text: str) -> Path:
    """Return the zip of a release whose pages show the text."""
    path = directory / f"{text}.zip"
    settings = json.dumps({"dev": dev()})
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (
            ("config/__init__.py", ""),
            ("config/aws_lambda/handler.py", f"TEXT = {text!r}\n{CODE}"),
            ("zappa_settings.json", settings),
            (RECORD, '{"commit": "0123456789abcdef", "dirty": false, "apps": []}'),
        ):
            archive.writestr(zipfile.ZipInfo(name), content)
    return path


def test_releases_are_brought_out_compared_and_taken_down(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("first", "second"):
        rollout.deploy(deployment, Steps(), release(tmp_path, text))
        assert get(f"{deployment.url()}/") == (200, text)
    assert len(deployment.releases.kept()) == 2

    with pytest.raises(NotAsPackaged):  # it hands out the newest code for every version (see GAPS), which is noticed
        rollout.rollback(deployment, Steps())

    monkeypatch.setenv("YES", "1")
    teardown.undeploy(deployment, Steps())
    assert not deployment.function.exists
    assert not deployment.api.status
