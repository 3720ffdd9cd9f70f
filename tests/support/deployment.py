"""Complete variables of a deployed function, without real resources."""

VARIABLES = {
    "AWS_LAMBDA_FUNCTION_NAME": "subs-dev",
    "SECRET_KEY": "a-key-of-the-tests-that-is-as-long-and-as-mixed-as-0123456789-demand",
    "ALLOWED_HOSTS": "subscriptions.example.com,abcdef1234.execute-api.us-east-1.amazonaws.com",
    "DATABASE_URL": "postgres://subscriptions:secret@database.example.com:5432/subscriptions",
    "SITE_URL": "https://subscriptions.example.com",
    "SES_FROM_ADDRESS": "subscriptions@example.com",
    "SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:subscription-events",
}


def environment(**more: str) -> dict[str, str]:
    """Return the whole environment of a process that runs as deployed."""
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": "."} | VARIABLES | more
