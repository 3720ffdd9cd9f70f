"""AWS quotas with their sources."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """Quota: `value` in the unit named by `of`. `more` describes how to raise it."""

    of: str
    value: float
    more: str
    source: str


TICK = Limit(
    "seconds between two ticks of a schedule",
    60,
    "more entries in `events`, each of which starts one more invocation",
    "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html",
)
CONCURRENCY = Limit(
    "concurrent sandboxes per account and region",
    1_000,
    "on request, tens of thousands",
    "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
)
REQUESTS = Limit(
    "requests per second through API Gateway, per account and region",
    10_000,
    "on request",
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
)
MAILS = Limit(
    "mails per second, for an account that has just left SES's sandbox",
    14,
    "on request, and automatically with use",
    "https://acellemail.com/de/kb/artikel/ses-sending-limits-cookbook",
)
MAILS_A_DAY = Limit(
    "mails per 24 hours, for the same account",
    50_000,
    "on request, and automatically with use",
    "http://sesblog.amazon.com/post/Tx3AQFZ35B7HAV0/All-about-SES-daily-quota",
)
EVENTS = Limit(
    "messages per second to SNS in us-east-1; 3,000 to a FIFO topic",
    30_000,
    "on request",
    "https://docs.aws.amazon.com/general/latest/gr/sns.html",
)
UNITS = Limit(
    "Aurora capacity units per instance, some 64 cores",
    256,
    "no; use a reader for queries, or a second cluster for half of the subscribers",
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ServerlessV2ScalingConfiguration.html",
)
CONNECTIONS = Limit(
    "database connections; 2,000 if it may pause",
    5_000,
    "RDS Proxy (`UseProxy`), which shares them",
    "https://repost.aws/articles/ARm5e6RHE3R4mnHS2S-UZUwA",
)
STORAGE = Limit(
    "terabytes of Aurora storage",
    128,
    "newer versions allow more",
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html",
)

LIMITS = [value for value in list(globals().values()) if isinstance(value, Limit)]
"""All limits, in the order of this file."""
