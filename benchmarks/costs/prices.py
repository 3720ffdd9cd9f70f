"""AWS prices in us-east-1, in US dollars, each with its source and date.

AWS's price pages fill in their tables in the browser, so that few could be read there; the other sources are third
parties. `read` is the source's own date, or empty if it has none.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

MILLION = 1_000_000
UNVERIFIED = "not verified"


@dataclass(frozen=True)
class Price:
    """Price of `amount` dollars per `unit`; `free` units per month cost nothing, beyond an account's first year too."""

    service: str
    unit: str
    amount: float
    source: str
    read: str
    free: float = 0

    @property
    def origin(self) -> str:
        """Return who names the price: AWS itself, a third party, or nobody that could be read."""
        if self.source == UNVERIFIED:
            return "nobody"
        host = urlsplit(self.source).hostname or ""
        return "AWS" if host.endswith((".amazon.com", ".amazonaws.com")) else "third party"

    def of(self, quantity: float) -> float:
        """Return the month's charge for this quantity after the free tier."""
        return max(0.0, quantity - self.free) * self.amount

    def listed(self, quantity: float) -> float:
        """Return the charge without the free tier, as in an account whose other functions use it up."""
        return quantity * self.amount


LAMBDA_PAPER = "https://docs.aws.amazon.com/whitepapers/latest/how-aws-pricing-works/lambda.html"
AURORA = "https://awsnegotiations.com/blog/aurora-serverless-v2-pricing.html"
ACCESSES = "https://www.jusdb.com/blog/aws-rds-vs-aurora-vs-serverless-cost-comparison"
EGRESS = "https://atonementlicensing.com/blog/aws-egress-negotiation/"
ENDPOINTS = "https://cloudcostkit.com/calculators/aws-vpc-interface-endpoint-cost-calculator"

LAMBDA_REQUEST = Price("Lambda", "request", 0.20 / MILLION, LAMBDA_PAPER, "", free=MILLION)
LAMBDA_SECOND = Price("Lambda", "GB-second (x86)", 0.0000166667, LAMBDA_PAPER, "", free=400_000)
API_REQUEST = Price(
    "API Gateway",
    "request (REST)",
    3.50 / MILLION,
    "https://appropri8-astro.pages.dev/tutorials/2025/12/02/deploying-simple-api-aws/page/7",
    "2025-12-02",
)
SES_MAIL = Price("SES", "mail", 0.10 / 1000, "https://build.allanninal.dev/what-the-shipping-notifier-costs/", "")
SNS_PUBLISH = Price(
    "SNS",
    "publish; delivery to SQS is not charged",
    0.50 / MILLION,
    "https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/",
    "2026-06-13",
)
SQS_REQUEST = Price(
    "SQS", "request", 0.40 / MILLION, "https://cloudburn.io/blog/amazon-sqs-pricing", "2026-03-14", free=MILLION
)
LOG_GIGABYTE = Price(
    "CloudWatch",
    "GB of log ingested",
    0.50,
    "https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/",
    "2026-06-13",
    free=5,
)
METRIC = Price(
    "CloudWatch", "custom metric", 0.30, "https://signoz.io/guides/cloudwatch-pricing", "2026-02-15", free=10
)
ALARM = Price("CloudWatch", "alarm", 0.10, UNVERIFIED, "", free=10)
DASHBOARD = Price("CloudWatch", "dashboard", 3.00, LOG_GIGABYTE.source, "2026-06-13", free=3)
SECRET = Price(
    "Secrets Manager",
    "secret",
    0.40,
    "https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms",
    "",
)
SECRET_CALL = Price("Secrets Manager", "call", 0.05 / 10_000, SECRET.source, "")
CAPACITY_HOUR = Price("Aurora", "capacity unit-hour", 0.12, AURORA, "2026-05")
GATE_WRITE = Price(
    "DynamoDB",
    "write request unit, on demand",
    0.625 / MILLION,
    "https://airbyte.com/data-engineering-resources/dynamodb-pricing",
    "2025-07-21",
)
STORAGE_GIGABYTE = Price("Aurora", "GB-month", 0.10, AURORA, "2026-05")
STORAGE_ACCESS = Price("Aurora", "read or write", 0.20 / MILLION, ACCESSES, "")
EGRESS_GIGABYTE = Price("Data transfer", "GB to the internet", 0.09, EGRESS, "", free=100)
SMALL_INSTANCE_HOUR = Price(
    "RDS",
    "hour of one db.t4g.micro",
    0.016,
    "https://infratally.com/articles/aws-rds-pricing-explained-2026.html",
    "2026",
)
SMALL_INSTANCE_GIGABYTE = Price(
    "RDS",
    "GB-month of gp3",
    0.115,
    "https://www.usage.ai/blogs/aws/reserved-instances/rds/pricing-calculator/",
    "2026-06",
)
ENDPOINT_HOUR = Price("VPC endpoint", "hour and zone", 0.01, ENDPOINTS, "2026-01-29")
NAT_HOUR = Price("NAT gateway", "hour", 0.045, "https://finopsforge.com/reduce-aws-data-transfer-costs", "")
PROXY_CAPACITY_HOUR = Price("RDS Proxy", "capacity unit-hour, at least 8", 0.015, UNVERIFIED, "")

PRICES = [value for value in list(globals().values()) if isinstance(value, Price)]
"""All prices, in the order of this file."""
