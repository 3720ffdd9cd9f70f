"""Second AWS emulator for the same tests."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cfnlint.decode.cfn_yaml import load
from django.conf import settings

from infra.deployment.policies import MESSAGING
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.aws import clients
from tests.second_emulator.ministack import Ministack
from tests.support.templates import of_type


@pytest.fixture(scope="module")
def second_aws() -> Iterator[LocalAWS]:
    """Start the second emulator with topic, queue and identity. Meanwhile the AWS variables do not point at moto."""
    clients.forget_clients()
    with LocalAWS(
        topic_arn=settings.SNS_TOPIC_ARN, from_address=settings.SES_FROM_ADDRESS, emulator=Ministack()
    ) as local:
        yield local
    clients.forget_clients()


@pytest.fixture
def aws(second_aws: LocalAWS) -> LocalAWS:
    """Return the second emulator instead of moto, with nothing sent yet."""
    second_aws.reset()
    return second_aws


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return the messaging stack without alarms on metric math (see GAPS)."""
    document = dict(load(str(MESSAGING)))
    for name, alarm in of_type(document, "CloudWatch::Alarm").items():
        if "Metrics" in alarm:
            del document["Resources"][name]
    path = tmp_path / "messaging.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
