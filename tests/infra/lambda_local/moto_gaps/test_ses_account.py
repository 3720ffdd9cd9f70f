"""moto's gap in SES."""

from contextlib import suppress

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from tests.infra.lambda_local.moto_gaps.cloud import Cloud, Gap, check_gap


def says_what_mail_the_account_may_send(cloud: Cloud) -> bool:
    """Call GetAccount, whose rate the delivery follows."""
    with suppress(ClientError, ResponseParserError):
        account = cloud.client("sesv2").get_account()
        return bool(account["SendingEnabled"] and account["SendQuota"]["MaxSendRate"] > 0)
    return False


@pytest.mark.parametrize(
    "closed",
    [
        says_what_mail_the_account_may_send,
    ],
)
def test_gap_is_closed_here_and_open_in_moto(closed: Gap, stock: Cloud, local: Cloud) -> None:
    check_gap(closed, stock=stock, local=local)
