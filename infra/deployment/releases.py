"""Releases: versions of a function that passed their smoke test, as targets of rollbacks.

Recorded in the function's tags, to survive an interrupted deployment.
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
"""Tag with the target of an unfinished rollback, so that repeating it goes no further back."""
REMEMBERED = 10
"""Number of releases kept. Their numbers fit into the 256 characters of a tag's value."""
LATEST = "$LATEST"


@dataclass(frozen=True)
class Releases:
    """Releases of one function, by version."""

    client: "LambdaClient"
    function_name: str

    def kept(self) -> list[str]:
        """Return the releases that can be rolled back to, the newest last."""
        published = set(self._published())
        return [version for version in self._tags().get(TAG, "").split() if version in published]

    def live(self) -> str:
        """Return the release whose code and variables run now, or ""."""
        running = self._content(LATEST)
        return next((version for version in reversed(self.kept()) if self._content(version) == running), "")

    def describe(self, version: str) -> str:
        """Return the description of a release, which begins with its commit; of the running code, its hash."""
        found = self._configuration(version or LATEST)
        return (version and found["Description"]) or f"code {found['CodeSha256']}"

    def had(self, variable: str, value: str) -> bool:
        """Return True if a kept release ran with this value of the variable."""
        return any(self._content(version)[1].get(variable, "") == value for version in self.kept())

    def code_sha256(self, version: str) -> str:
        """Return the hash of a version's code, in Lambda's format."""
        return self._configuration(version)["CodeSha256"]

    def keep(self, code_sha256: str, description: str = "") -> str:
        """Publish the running code and configuration, and record it. Return its version.

        Raises NotAsPackaged if the running code has another hash.
        """
        version = self._publish(code_sha256, description)
        self._remember([*(kept for kept in self.kept() if kept != version), version])
        return version

    def aim_at(self, target: str) -> None:
        """Record that a rollback to this release has started."""
        self.client.tag_resource(Resource=self._arn(), Tags={AIM_TAG: target})

    def keep_until(self, target: str) -> None:
        """Remove the releases after this one, which a rollback has restored."""
        kept = self.kept()
        self._remember(kept[: kept.index(target) + 1])

    def previous(self) -> str:
        """Return the release before the running one. Raises Refused if there is none.

        If a deployment was interrupted after its upload, the running code was never kept, and the last kept release is
        returned; if a rollback was interrupted, its target.
        """
        kept, aim = self.kept(), self._tags().get(AIM_TAG, "")
        if aim in kept:
            return aim
        earlier = kept[:-1] if kept and self._content(LATEST) == self._content(kept[-1]) else kept
        if not earlier:
            raise Refused(f"{self.function_name} has no earlier release to roll back to")
        return earlier[-1]

    def prune(self) -> str:
        """Delete versions before the newest release that are not in use and no rollback target. Return their number."""
        kept = self.kept()
        used = set(kept) | self._aliased()
        old = [found for found in self._published() if found not in used and kept and int(found) < int(kept[-1])]
        for version in old:
            self.client.delete_function(FunctionName=self.function_name, Qualifier=version)
        return f"{len(old)} versions" if old else "nothing"

    def steps_back(self, version: str) -> int:
        """Return the number of steps back at which `zappa rollback` finds this version."""
        return sorted(map(int, self._published()), reverse=True).index(int(version))

    def _content(self, version: str) -> tuple[str, Mapping[str, str]]:
        """Return code hash and variables; DEPLOYED_AT distinguishes deployments of the same code."""
        found = self._configuration(version)
        return found["CodeSha256"], found.get("Environment", {}).get("Variables", {})

    def _configuration(self, version: str) -> "FunctionConfigurationResponseTypeDef":
        return self.client.get_function_configuration(FunctionName=self.function_name, Qualifier=version)

    def _publish(self, code_sha256: str, description: str) -> str:
        """Publish a version; AWS compares the hash, and refuses during an update."""
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
        """Return the versions with an alias, which Lambda does not delete."""
        pages = self.client.get_paginator("list_aliases").paginate(FunctionName=self.function_name)
        aliases = [alias for page in pages for alias in page["Aliases"]]
        weighted = (alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}) for alias in aliases)
        return {alias["FunctionVersion"] for alias in aliases}.union(*weighted)

    def _arn(self) -> str:
        arn: str = self.client.get_function_configuration(FunctionName=self.function_name)["FunctionArn"]
        return arn
