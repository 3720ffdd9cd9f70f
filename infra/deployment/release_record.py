"""Kept releases in words: version, commit and date, and the live one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from infra.deployment.deployment import Deployment
from infra.deployment.releases import LATEST, Releases
from infra.errors import NoRelease, Refused

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

COMMIT = re.compile(r"commit ([^.]+)")
"""Prefix of the description of a function and its versions."""


@dataclass(frozen=True)
class ReleaseRecord:
    """Version of a function, or the running one. `since` is in UTC."""

    version: str
    commit: str
    since: datetime
    code_sha256: str

    @classmethod
    def of(cls, found: "FunctionConfigurationResponseTypeDef") -> "ReleaseRecord":
        """Parse Lambda's response."""
        commit = COMMIT.match(found.get("Description", ""))
        since = datetime.fromisoformat(found["LastModified"]).astimezone(UTC)
        return cls(found["Version"], commit[1] if commit else "not recorded", since, found["CodeSha256"])

    def __str__(self) -> str:
        return f"{self.version:<9}{self.commit:<22}{minute(self.since)}"


@dataclass(frozen=True)
class ReleaseRecords:
    """Releases of one function."""

    releases: Releases

    def of(self, version: str) -> ReleaseRecord:
        """Return a release. Raises botocore's ClientError if there is none."""
        name = self.releases.function_name
        return ReleaseRecord.of(self.releases.client.get_function_configuration(FunctionName=name, Qualifier=version))

    def lines(self) -> Iterator[str]:
        """Yield a table, the newest release first. Raises botocore's ClientError if there is no function."""
        kept, live, target = self.releases.kept(), self.releases.live(), self._target()
        yield f"{'version':<9}{'commit':<22}kept since"
        for version in reversed(kept):
            marks = ["live"] * (version == live) + ["`make rollback` goes here"] * (version == target)
            yield f"{self.of(version)}  {', '.join(marks)}".rstrip()
        if not live:
            yield from self._unkept(kept)

    def _unkept(self, kept: list[str]) -> Iterator[str]:
        running = self.of(LATEST)
        same = [version for version in kept if self.of(version).code_sha256 == running.code_sha256]
        yield f"What runs is none of them: commit {running.commit}, changed {minute(running.since)}."
        if same:
            yield f"Its code is that of version {same[-1]}; its configuration is not."

    def _target(self) -> str:
        try:
            return self.releases.previous()
        except Refused:
            return ""


def show(deployment: Deployment) -> None:
    """Print the kept releases of a stage. Raises NoRelease if nothing is deployed."""
    if not deployment.function.exists:
        raise NoRelease(f"Nothing is deployed to {deployment.name}: run `make deploy STAGE={deployment.stage_name}`.")
    print(*ReleaseRecords(deployment.releases).lines(), sep="\n")


def minute(time: datetime) -> str:
    """Format the time to the minute, in UTC."""
    return f"{time:%Y-%m-%d %H:%M} UTC"
