"""`make plan`: the effects of `make deploy` on a stage as a diff, without applying them.

+ creates, ~ changes, - deletes. AWS is only queried, except for change sets, which are deleted again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra.deployment.change_set import planned_changes
from infra.deployment.configuration_plan import configuration_changes
from infra.deployment.deployment import Deployment
from infra.deployment.deployment_settings import deployment_settings
from infra.deployment.error_messages import EXPECTED, message_of
from infra.deployment.migration_plan import applied_migrations, migration_changes
from infra.deployment.package_plan import package_changes
from infra.deployment.released_code import ReleasedCode
from infra.deployment.releases import LATEST
from infra.deployment.remains import Remains
from infra.deployment.schedule_plan import schedule_changes
from infra.deployment.steps import Steps
from infra.packaging.package import make_package
from infra.packaging.release import Release
from infra.packaging.zappa_stage import load_stage

NO_CHANGE = ["no change"]
NOT_ASKED = "? could not be asked: "

Part = Callable[[], list[str]]


def plan(deployment: Deployment, steps: Steps, package: Path | None = None) -> None:
    """Print the plan. Parts that AWS does not answer are marked. Raises PackagingFailed."""
    zipped = package or steps.take("package", lambda: make_package(deployment.stage_name))
    planned = Plan(deployment, zipped)
    for title, part in planned.parts().items():
        print(title, flush=True)
        for line in asked(part):
            print(f"  {line}", flush=True)
    print("Nothing was changed.")


@dataclass(frozen=True)
class Plan:
    """Next deployment of a stage. `package` is its zip."""

    deployment: Deployment
    package: Path

    def parts(self) -> dict[str, Part]:
        """Return the parts by title."""
        deployment = self.deployment
        return {
            "Refused before anything is changed": self.refusals,
            f"Stack {deployment.messaging.name}": self.messaging,
            f"Stack {deployment.data.name}": self.data,
            f"Stack {deployment.api.name}": self.api,
            f"Function {deployment.name}": self.configuration,
            "Schedule": self.schedule,
            "Migrations": self.migrations,
            "Package": self.code,
        }

    def refusals(self) -> list[str]:
        """Return the reasons why `make deploy` would refuse to start."""
        checks = (Release.read().refuse_changes, self.deployment.check_here, self.deployment.check_there)
        lines = [line for check in checks for line in _refusal(check)]
        return lines or ["nothing"]

    def messaging(self) -> list[str]:
        """Return the resources that differ from the template."""
        deployment = self.deployment
        template = deployment.templates / "messaging.yaml"
        return planned_changes(deployment.messaging, template, deployment.messaging_parameters)

    def data(self) -> list[str]:
        """Return a note that a deployment does not change the database stack."""
        return [f"left as it is; `make data STAGE={self.deployment.stage_name}` updates it"]

    def api(self) -> list[str]:
        """Return the action on the API. Zappa generates its template while deploying."""
        if not self.deployment.api.exists:
            return ["+ new: a REST API with its stage, by Zappa"]
        return ["? updated by Zappa, whose template is not known in advance"]

    def configuration(self) -> list[str]:
        """Return the differences from the settings."""
        deployment = self.deployment
        settings = deployment_settings(deployment.stage, deployment.outputs(), datetime.now(UTC))
        runtime = deployment.target.runtime.name
        if not deployment.function.exists:
            size = f"{settings['memory_size']} MB, {settings['timeout_seconds']} s"
            return [f"+ new: {runtime}, {size}, {len(settings['aws_environment_variables'])} variables"]
        client = deployment.function.client
        return configuration_changes(client.get_function_configuration(FunctionName=deployment.name), settings, runtime)

    def schedule(self) -> list[str]:
        """Return the rules that differ from the settings."""
        deployment = self.deployment
        rules = Remains(deployment).rules
        wanted = load_stage(deployment.stage_name, deployment.settings_file).schedules
        return schedule_changes(rules.client, rules, wanted)

    def migrations(self) -> list[str]:
        """Return the pending migrations with their locks."""
        if not self.deployment.function.exists:
            new = sum(line.startswith("+") for line in migration_changes(()))
            return [f"{NOT_ASKED}no function runs yet; all {new} of this tree, if the database is new"]
        return migration_changes(applied_migrations(self.deployment.function))

    def code(self) -> list[str]:
        """Return the differences from the running package."""
        function = self.deployment.function
        live = ReleasedCode(function.client, function.name, LATEST).zipped if function.exists else None
        return package_changes(self.package, live)


def asked(part: Part) -> list[str]:
    """Return the lines of a part, or the reason why AWS did not answer."""
    try:
        return part() or NO_CHANGE
    except EXPECTED as error:
        return [line for line in (NOT_ASKED + message_of(error)).splitlines() if line]


def _refusal(check: Callable[[], object]) -> list[str]:
    try:
        check()
    except EXPECTED as error:
        return message_of(error).splitlines()
    return []
