"""Storage of code on AWS: the bucket for uploads, and Lambda's quota for versions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

VERSIONS = 2
"""Maximum number of versions published per deployment: Zappa's own, and the kept release."""
MIB = 1 << 20


def bucket_problems(client: "S3Client", bucket: str, region: str, account: str) -> Iterator[str]:
    """Yield the reasons why the bucket cannot be used for packages. A missing bucket is created later.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html: the status is the only error information.
    """
    try:
        found = client.head_bucket(Bucket=bucket, ExpectedBucketOwner=account).get("BucketRegion", region)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 403:
            yield (
                f"the bucket {bucket} is of another account, as names of buckets are everybody's, or these credentials "
                "may not list it. Write a name of your own as s3_bucket into zappa_settings.json."
            )
        elif status == 301:
            yield _elsewhere(bucket, "another region", region)
        elif status != 404:
            raise
    else:
        if found != region:
            yield _elsewhere(bucket, found, region)


def quota_problems(client: "LambdaClient", size: int) -> Iterator[str]:
    """Yield the reason why Lambda would refuse another zip of this size in bytes.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    settings = client.get_account_settings()
    limit, used = settings["AccountLimit"]["TotalCodeSize"], settings["AccountUsage"]["TotalCodeSize"]
    if used + VERSIONS * size > limit:
        yield (
            f"Lambda keeps {used / MIB:.0f} MiB of code for this account in {client.meta.region_name}, of "
            f"{limit / MIB:.0f}, and a deployment needs {VERSIONS * size / MIB:.0f} more. Delete versions of functions "
            "that nobody uses, or ask AWS for a higher quota, L-2ACBD22F."
        )


def _elsewhere(bucket: str, found: str, region: str) -> str:
    return (
        f"the bucket {bucket} is in {found}, and Lambda takes code from {region} only. Write another name as s3_bucket "
        "into zappa_settings.json."
    )
