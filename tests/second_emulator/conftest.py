"""Another AWS under the same tests."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from infra.local.local_aws import LocalAWS
from notifications import aws as clients
from tests.second_emulator.ministack import Ministack


@pytest.fixture(scope="module")
def second_aws() -> Iterator[LocalAWS]:
    """The second emulator with topic, queue and identity. While it is up, the AWS variables do not point at moto."""
    clients.forget_clients()
    with LocalAWS(
        topic_arn=settings.SNS_TOPIC_ARN, from_address=settings.SES_FROM_ADDRESS, emulator=Ministack()
    ) as local:
        yield local
    clients.forget_clients()


@pytest.fixture
def aws(second_aws: LocalAWS) -> LocalAWS:
    """The second emulator in the place of moto, with nothing sent yet."""
    second_aws.reset()
    return second_aws
