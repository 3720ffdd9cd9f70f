"""Which versions of a function passed their smoke test, so that there is something to go back to.

Kept in tags of the function, since an interrupted deployment forgets what it held in memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.errors import NotAsPackaged, Refused

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

TAG = "releases"
AIM_TAG = "rollback-to"
"""Names the release that a rollback goes to until it has got there, so that its repetition goes no further back."""
REMEMBERED = 10
"""Releases that can be gone back to. Their numbers are well below the 256 characters of a tag's value."""
LATEST = "$LATEST"


@dataclass(frozen=True)
class Releases:
    """The releases of one function, by the numbers of their versions."""

    client: "LambdaClient"
    function_name: str

    def kept(self) -> list[str]:
        """Those that can still be gone back to, the newest last."""
        published = set(self._published())
        return [version for version in self._tags().get(TAG, "").split() if version in published]

    def live(self) -> str:
        """Return the one whose code and variables run now; empty where that is none of them."""
        running = self._content(LATEST)
        return next((version for version in reversed(self.kept()) if self._content(version) == running), "")

    def describe(self, version: str) -> str:
        """Return what a release says of itself, its commit above all; of what runs, its code's hash."""
        found = self._configuration(version or LATEST)
        return (version and found["Description"]) or f"code {found['CodeSha256']}"

    def code_sha256(self, version: str) -> str:
        """Return the hash of a version's code, as Lambda shows it."""
        return self._configuration(version)["CodeSha256"]

    def keep(self, code_sha256: str, description: str = "") -> str:
        """Publish what runs now, code and configuration, and remember it; return its version's number.

        Raises NotAsPackaged where other code runs than that of the hash.
        """
        version = self._publish(code_sha256, description)
        self._remember([*(kept for kept in self.kept() if kept != version), version])
        return version

    def aim_at(self, target: str) -> None:
        """Remember that a rollback to this release has begun."""
        self.client.tag_resource(Resource=self._arn(), Tags={AIM_TAG: target})

    def keep_until(self, target: str) -> None:
        """Forget the releases after this one, which a rollback has restored."""
        kept = self.kept()
        self._remember(kept[: kept.index(target) + 1])

    def previous(self) -> str:
        """Return the release before the one that runs. Raises Refused where there is none.

        Where a deployment was interrupted after its upload, what runs was never kept, and the last one kept is meant;
        where a rollback was interrupted, the one that it went to.
        """
        kept, aim = self.kept(), self._tags().get(AIM_TAG, "")
        if aim in kept:
            return aim
        earlier = kept[:-1] if kept and self._content(LATEST) == self._content(kept[-1]) else kept
        if not earlier:
            raise Refused(f"{self.function_name} has no earlier release to go back to")
        return earlier[-1]

    def prune(self) -> str:
        """Delete versions before the newest release that nobody uses and nobody goes back to; return how many."""
        kept = self.kept()
        used = set(kept) | self._aliased()
        old = [found for found in self._published() if found not in used and kept and int(found) < int(kept[-1])]
        for version in old:
            self.client.delete_function(FunctionName=self.function_name, Qualifier=version)
        return f"{len(old)} versions" if old else "nothing"

    def steps_back(self, version: str) -> int:
        """Return how far back `zappa rollback` finds this version."""
        return sorted(map(int, self._published()), reverse=True).index(int(version))

    def _content(self, version: str) -> tuple[str, Mapping[str, str]]:
        """Code and variables: DEPLOYED_AT among them tells deployments of one code apart."""
        found = self._configuration(version)
        return found["CodeSha256"], found.get("Environment", {}).get("Variables", {})

    def _configuration(self, version: str) -> "FunctionConfigurationResponseTypeDef":
        return self.client.get_function_configuration(FunctionName=self.function_name, Qualifier=version)

    def _publish(self, code_sha256: str, description: str) -> str:
        """AWS compares the hash, and refuses to publish during an update."""
        try:
            published = self.client.publish_version(
                FunctionName=self.function_name, CodeSha256=code_sha256, Description=description
            )
        except self.client.exceptions.InvalidParameterValueException as error:
            raise NotAsPackaged(f"{self.function_name} runs other code than what was tested: {error}") from error
        return published["Version"]

    def _remember(self, versions: list[str]) -> None:
        self.client.tag_resource(Resource=self._arn(), Tags={TAG: " ".join(versions[-REMEMBERED:])})
        self.client.untag_resource(Resource=self._arn(), TagKeys=[AIM_TAG])

    def _tags(self) -> dict[str, str]:
        return self.client.list_tags(Resource=self._arn())["Tags"]

    def _published(self) -> list[str]:
        pages = self.client.get_paginator("list_versions_by_function").paginate(FunctionName=self.function_name)
        versions = [version["Version"] for page in pages for version in page["Versions"]]
        return [version for version in versions if version != LATEST]

    def _aliased(self) -> set[str]:
        """Lambda does not delete a version that an alias leads to."""
        pages = self.client.get_paginator("list_aliases").paginate(FunctionName=self.function_name)
        aliases = [alias for page in pages for alias in page["Aliases"]]
        weighted = (alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}) for alias in aliases)
        return {alias["FunctionVersion"] for alias in aliases}.union(*weighted)

    def _arn(self) -> str:
        arn: str = self.client.get_function_configuration(FunctionName=self.function_name)["FunctionArn"]
        return arn
