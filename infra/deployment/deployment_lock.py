"""Lock for one deployment of a stage at a time: a lease in the stage's bucket, which expires if its holder dies.

S3 writes an object only if there is none, or only over the version that was read, so two processes cannot both get the
lease.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.errors import DeploymentLocked, DeploymentLockLost

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "deployment-lock.json"
LEASE = timedelta(seconds=60)
"""Time since the last renewal after which a holder counts as dead."""
RENEWALS = 6
"""Renewals per lease, so that some of them may fail."""
NOT_WRITTEN = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
"""S3's error codes if another process wrote or deleted the object."""
IMPATIENT = Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 2})
"""Configuration for renewals, because the end of a deployment waits for the last one."""


@dataclass(frozen=True)
class Holder:
    """Holder of the lease, possibly dead. Times are by S3's clock."""

    etag: str
    identity: str
    by: str
    command: str
    since: str
    renewed: datetime
    asked: datetime

    def is_over(self, lease: timedelta) -> bool:
        """Return True if the lease has expired."""
        return self.asked - self.renewed > lease

    def __str__(self) -> str:
        return f"`make {self.command}` by {self.by} since {self.since}"


@dataclass
class DeploymentLock:
    """Lease of one stage, in its bucket, which must exist. `by` and `command` are shown to others."""

    client: "S3Client"
    bucket: str
    by: str
    command: str
    lease: timedelta = LEASE
    _identity: str = field(default_factory=lambda: uuid.uuid4().hex)
    _since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    _etag: str = ""
    _lost: str = ""
    _renewed: int = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lease inside the block and renew it. Raises DeploymentLocked if another command holds it."""
        self._take()
        over = threading.Event()
        thread = threading.Thread(target=self._renew_until, args=(over,), name="deployment lock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._give_back()

    def check(self) -> None:
        """Raise DeploymentLockLost unless this process still holds the lease."""
        if self._lost:
            raise DeploymentLockLost(f"The lease ran out here, and {self._lost} took over. Nothing more was done.")

    def holder(self) -> Holder | None:
        """Return the holder of the lease, possibly dead; None if there is none. Raises botocore's ClientError."""
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=KEY)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchBucket"}:
                return None
            raise
        told = json.loads(answer["Body"].read())
        asked = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return Holder(
            answer["ETag"], told["identity"], told["by"], told["command"], told["since"], answer["LastModified"], asked
        )

    def _take(self) -> None:
        """Acquire the lease, after waiting for one that is not renewed to expire."""
        first: Holder | None = None
        while True:
            found = self.holder()
            if found is None or found.is_over(self.lease):
                if self._write(found.etag if found else ""):
                    return
            elif first and first.etag != found.etag:
                raise DeploymentLocked(f"{found} is changing this stage. Wait until it has ended.")
            else:
                first = found
                self._wait_for(found)

    def _wait_for(self, found: Holder) -> None:
        left = self.lease - (found.asked - found.renewed)
        print(f"\n  {found}: taken for dead unless it renews the lock within {left.total_seconds():.0f} s", flush=True)
        time.sleep(self.lease.total_seconds() / RENEWALS)

    def _write(self, etag: str) -> bool:
        """Overwrite the object with this tag, or create it. Return False if another process wrote."""
        told = {"identity": self._identity, "by": self.by, "command": self.command, "since": self._since}
        body = json.dumps(told | {"renewed": self._renewed}).encode()
        try:
            if etag:
                answer = self.client.put_object(Bucket=self.bucket, Key=KEY, Body=body, IfMatch=etag)
            else:
                answer = self.client.put_object(Bucket=self.bucket, Key=KEY, Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_WRITTEN:
                return self._is_written()
            raise
        self._etag = answer["ETag"]
        return True

    def _is_written(self) -> bool:
        """Return True if an earlier attempt was successful, but its response was lost."""
        found = self.holder()
        if found is None or found.identity != self._identity:
            return False
        self._etag = found.etag
        return True

    def _renew_until(self, over: threading.Event) -> None:
        while not over.wait(self.lease.total_seconds() / RENEWALS) and not self._lost:
            self._renewed += 1
            with suppress(ClientError, BotoCoreError):  # the next renewal comes soon
                if not self._write(self._etag):
                    self._lost = str(self.holder() or "somebody")

    def _give_back(self) -> None:
        if self._lost:
            return
        try:
            self.client.delete_object(Bucket=self.bucket, Key=KEY)
        except (ClientError, BotoCoreError) as error:
            print(f"  The lock stays for {self.lease.total_seconds():.0f} s: {error}", flush=True)
