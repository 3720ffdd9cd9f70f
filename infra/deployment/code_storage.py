"""Where code is kept on AWS: the bucket that it goes through, and the room that Lambda has for its versions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

VERSIONS = 2
"""Of the code, that one deployment publishes at most: Zappa's own, and the release that is kept."""
MIB = 1 << 20


def bucket_problems(client: "S3Client", bucket: str, region: str, account: str) -> Iterator[str]:
    """Yield why packages could not go through the bucket. One that is missing is made.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html: an error is told by its status alone.
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
    """Yield why Lambda would not take a zip of this size in bytes once more.

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
