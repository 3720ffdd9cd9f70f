"""What AWS allows, each with where it was read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """`value` in the unit of `of`. `more` says how one gets more, if at all."""

    of: str
    value: float
    more: str
    source: str


TICK = Limit(
    "seconds between two ticks of a schedule",
    60,
    "more entries in `events`, each of which starts one more",
    "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html",
)
CONCURRENCY = Limit(
    "sandboxes at once, by account and region",
    1_000,
    "on request, tens of thousands",
    "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
)
REQUESTS = Limit(
    "requests a second through API Gateway, by account and region",
    10_000,
    "on request",
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
)
MAILS = Limit(
    "mails a second, of an account that has just left SES's sandbox",
    14,
    "on request, and by itself as one sends",
    "https://acellemail.com/de/kb/artikel/ses-sending-limits-cookbook",
)
MAILS_A_DAY = Limit(
    "mails in 24 hours, of the same account",
    50_000,
    "on request, and by itself as one sends",
    "http://sesblog.amazon.com/post/Tx3AQFZ35B7HAV0/All-about-SES-daily-quota",
)
EVENTS = Limit(
    "messages a second to SNS in us-east-1; 3,000 to a FIFO topic",
    30_000,
    "on request",
    "https://docs.aws.amazon.com/general/latest/gr/sns.html",
)
UNITS = Limit(
    "Aurora's capacity units in one instance, some 64 cores",
    256,
    "no; a reader takes the reading, a second cluster half of the subscribers",
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ServerlessV2ScalingConfiguration.html",
)
CONNECTIONS = Limit(
    "connections to the database; 2,000 where it may sleep",
    5_000,
    "RDS Proxy (`UseProxy`), which shares them",
    "https://repost.aws/articles/ARm5e6RHE3R4mnHS2S-UZUwA",
)
STORAGE = Limit(
    "terabytes of Aurora's storage",
    128,
    "newer versions have more",
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html",
)

LIMITS = [value for value in list(globals().values()) if isinstance(value, Limit)]
"""All of them, in the order of this file."""
