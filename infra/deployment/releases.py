"""Which versions of a function passed their smoke test, so that there is something to go back to.

Kept in a tag of the function, since an interrupted deployment forgets what it held in memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

TAG = "releases"
REMEMBERED = 20  # numbers of versions, well below the 256 characters of a tag's value


@dataclass(frozen=True)
class Releases:
    """The releases of one function, by the numbers of their versions."""

    client: "LambdaClient"
    function_name: str

    def kept(self) -> list[str]:
        """Those that can still be gone back to, the newest last."""
        published = set(self._published())
        return [version for version in self._tags().get(TAG, "").split() if version in published]

    def keep(self, description: str = "") -> str:
        """Publish what runs now, code and configuration, and remember it; return its version's number."""
        version = self._publish(description)
        self._remember([*(kept for kept in self.kept() if kept != version), version])
        return version

    def keep_instead(self, target: str) -> str:
        """The same after going back to `target`: it takes the place of that one, and later ones are forgotten."""
        kept = self.kept()
        earlier = kept[: kept.index(target)]
        found = self.client.get_function_configuration(FunctionName=self.function_name, Qualifier=target)
        version = self._publish(found["Description"])
        self._remember([*earlier, version])
        return version

    def previous(self) -> str:
        """The release before the one that runs. Raises Refused where there is none.

        Where a deployment was interrupted after its upload, what runs was never kept, and the last one kept is meant.
        """
        kept = self.kept()
        earlier = kept[:-1] if kept and self._runs(kept[-1]) else kept
        if not earlier:
            raise Refused(f"{self.function_name} has no earlier release to go back to")
        return earlier[-1]

    def steps_back(self, version: str) -> int:
        """How far back Zappa finds this version."""
        return sorted(map(int, self._published()), reverse=True).index(int(version))

    def _runs(self, version: str) -> bool:
        return self._content("$LATEST") == self._content(version)

    def _content(self, version: str) -> tuple[str, Mapping[str, str]]:
        """Code and variables: DEPLOYED_AT among them tells deployments of one code apart."""
        found = self.client.get_function_configuration(FunctionName=self.function_name, Qualifier=version)
        return found["CodeSha256"], found.get("Environment", {}).get("Variables", {})

    def _publish(self, description: str) -> str:
        published = self.client.publish_version(FunctionName=self.function_name, Description=description)
        return published["Version"]

    def _remember(self, versions: list[str]) -> None:
        self.client.tag_resource(Resource=self._arn(), Tags={TAG: " ".join(versions[-REMEMBERED:])})

    def _tags(self) -> dict[str, str]:
        return self.client.list_tags(Resource=self._arn())["Tags"]

    def _published(self) -> list[str]:
        pages = self.client.get_paginator("list_versions_by_function").paginate(FunctionName=self.function_name)
        versions = [version["Version"] for page in pages for version in page["Versions"]]
        return [version for version in versions if version != "$LATEST"]

    def _arn(self) -> str:
        arn: str = self.client.get_function_configuration(FunctionName=self.function_name)["FunctionArn"]
        return arn
