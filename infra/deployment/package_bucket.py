"""The bucket that a stage's settings name: Zappa's templates go through it, and the lock of a deployment lies in it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CreateBucketRequestTypeDef

WITHOUT_CONSTRAINT = "us-east-1"
"""The region that S3 takes no LocationConstraint for: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"""


@dataclass(frozen=True)
class PackageBucket:
    """One bucket, by its name."""

    client: "S3Client"
    name: str
    region: str

    @property
    def exists(self) -> bool:
        """Return True if it is there. Raises botocore's ClientError where it is somebody else's."""
        try:
            self.client.head_bucket(Bucket=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
                return False
            raise
        return True

    def provide(self) -> None:
        """Make it unless it is there, closed to the public as S3 makes buckets."""
        if self.exists:
            return
        wanted: CreateBucketRequestTypeDef = {"Bucket": self.name}
        if self.region != WITHOUT_CONSTRAINT:
            wanted["CreateBucketConfiguration"] = {"LocationConstraint": self.region}  # type: ignore[typeddict-item] # boto3's types list the regions
        with suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
            self.client.create_bucket(**wanted)
        self.client.get_waiter("bucket_exists").wait(Bucket=self.name)
