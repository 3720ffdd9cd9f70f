"""Summary of a stage at the end of a command: running release, rollback targets, and the next command."""

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment.deployment import Deployment
from infra.errors import EXPECTED


@dataclass(frozen=True)
class StageSummary:
    """Summary that queries AWS when it is printed, and says so if AWS does not respond."""

    deployment: Deployment

    def __str__(self) -> str:
        try:
            lines = self._lines()
        except (ClientError, BotoCoreError, *EXPECTED) as error:
            lines = [
                f"live now:  AWS did not answer: {error}",
                f"next:      sign in again if need be, then `make deploy STAGE={self.deployment.stage_name}`",
            ]
        return "\n".join(f"  {line}" for line in lines)

    def _lines(self) -> list[str]:
        stage, releases = self.deployment.stage_name, self.deployment.releases
        if not self.deployment.function.exists:
            return ["live now:  nothing", f"next:      `make deploy STAGE={stage}`"]
        kept, live = releases.kept(), releases.live()
        return [
            f"live now:  {f'version {live}' if live else 'a release that was not kept'}, {releases.describe(live)}",
            f"kept:      {', '.join(kept) or 'none'}",
            f"next:      {self._next(kept, live)}",
        ]

    def _next(self, kept: list[str], live: str) -> str:
        stage = self.deployment.stage_name
        if not kept:
            return f"fix the cause, then `make deploy STAGE={stage}`"
        if live == kept[0] == kept[-1]:
            return "no earlier release to roll back to yet"
        back = f"`make rollback STAGE={stage}` for version {self.deployment.releases.previous()}"
        return back if live == kept[-1] else f"{back}, or `make deploy STAGE={stage}`"
