"""Bucket in the stage's settings, for Zappa's templates and the deployment lock."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CreateBucketRequestTypeDef

WITHOUT_CONSTRAINT = "us-east-1"
"""Region that S3 accepts no LocationConstraint for:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
"""


@dataclass(frozen=True)
class PackageBucket:
    """Bucket by name."""

    client: "S3Client"
    name: str
    region: str

    @property
    def exists(self) -> bool:
        """True if the bucket exists. Raises botocore's ClientError if it belongs to another account."""
        try:
            self.client.head_bucket(Bucket=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
                return False
            raise
        return True

    def provide(self) -> None:
        """Create the bucket if it does not exist, private by S3's default."""
        if self.exists:
            return
        wanted: CreateBucketRequestTypeDef = {"Bucket": self.name}
        if self.region != WITHOUT_CONSTRAINT:
            wanted["CreateBucketConfiguration"] = {"LocationConstraint": self.region}  # type: ignore[typeddict-item] # boto3's types list the regions
        with suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
            self.client.create_bucket(**wanted)
        self.client.get_waiter("bucket_exists").wait(Bucket=self.name)
