"""The SES account's limits, which moto 5.2 lacks."""

import json

from moto.ses.models import ses_backends
from moto.sesv2 import urls
from moto.sesv2.responses import SESV2Response

RATE = 1000.0
"""Mails per second: nobody waits for a local AWS."""


def get_account(self: SESV2Response) -> str:
    """AWS: what the account may send, and has sent. moto: 404. The delivery follows its rate.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
    """
    sent = ses_backends[self.current_account][self.region].sent_message_count
    quota = {"Max24HourSend": 1_000_000.0, "MaxSendRate": RATE, "SentLast24Hours": float(sent)}
    answer = {"SendQuota": quota, "SendingEnabled": True, "ProductionAccessEnabled": True}
    return json.dumps(answer | {"EnforcementStatus": "HEALTHY"})


def close_ses_gaps() -> None:
    """Apply the override to every moto server of this process."""
    SESV2Response.get_account = get_account  # type: ignore[attr-defined] # moto's dispatcher asks for it by this name
    urls.url_paths["{0}/v2/email/account$"] = SESV2Response.dispatch
