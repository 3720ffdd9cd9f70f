"""Values of a stage that differ between accounts, and their insertion into zappa_settings.json."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http.request import validate_host

from config.zappa.site_checks import gateway_domain, site_host
from config.zappa.stages import Stage, read_stages

IN_VPC = {"stack": "true", "elsewhere": "false"}
"""Parameter InVpc of messaging.yaml by location of the database; "none" leaves it unchanged."""
FIRST_KEY_OF_MANY = "aws_environment_variables"
"""New keys are inserted before it, because long ones are at the end."""
GATE_TABLE = "GATE_TABLE"
GATE_VARIABLES = (GATE_TABLE, "DATABASE_CONNECT_SECONDS")
"""Variables of a stage whose database sleeps: the gate's table, and patience for one that resumes."""
RESUME_PATIENCE = "40"
"""Seconds: Aurora takes about 15 s to resume, at times 30, and a job that gives up leaves its work to the next tick."""
OUR_NAMES = ("role/", "secret:", "")
"""Prefixes of resources in the stacks' ARNs, before the stage's own name."""

Settings = dict[str, Any]


@dataclass(frozen=True)
class StageValues:
    """Answers of `make configure`. `database` is none, stack or elsewhere; `sleeps` if it sleeps behind the gate."""

    account: str
    region: str
    domain: str
    sender: str
    database: str
    alarm_address: str
    sleeps: bool = False

    @property
    def stack_parameters(self) -> dict[str, str]:
        """Parameters of the messaging stack beyond those of every stage."""
        place = {"InVpc": IN_VPC[self.database]} if self.database in IN_VPC else {}
        return {"AlarmAddress": self.alarm_address} | place


@dataclass(frozen=True)
class Renaming:
    """Mapping from the names of a stage, possibly another one, to those of the stage with its values."""

    old: str
    new: str
    values: StageValues

    def of(self, value: Any) -> Any:
        """Return the value with renamed ARNs, queue URLs and names of the stage's own stacks."""
        if isinstance(value, dict):
            return {key: self.of(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.of(inner) for inner in value]
        return self._text(value) if isinstance(value, str) else value

    def bucket(self, name: str) -> str:
        """Return the bucket's name with the account, unless this stage has a custom one."""
        chosen = self.old == self.new and not re.fullmatch(rf"{self.old}-packages-\d{{12}}", name)
        return name if chosen else f"{self.new}-packages-{self.values.account}"

    def _text(self, text: str) -> str:
        if text == self.old:
            return self.new
        if text.startswith("arn:"):
            return self._arn(text)
        url = re.fullmatch(rf"https://sqs\.[a-z0-9-]+\.amazonaws\.com/\d{{12}}/{self.old}(-.+)", text)
        place = f"https://sqs.{self.values.region}.amazonaws.com/{self.values.account}"
        return f"{place}/{self.new}{url[1]}" if url else text

    def _arn(self, arn: str) -> str:
        *_, service, region, _, resource = (*arn.split(":", 5), "", "", "", "", "")[:6]
        for kind in OUR_NAMES:
            if re.match(rf"{kind}{self.old}[-/]", resource):
                place = f"{self.values.region if region else ''}:{self.values.account}"
                return f"arn:aws:{service}:{place}:{kind}{self.new}{resource[len(kind + self.old) :]}"
        return arn


def configured(document: Mapping[str, Settings], name: str, values: StageValues) -> dict[str, Settings]:
    """Return the document with this stage, possibly new; other stages stay unchanged.

    Raises ZappaSettingsError if the document is unusable.
    """
    before = {stage.name: stage for stage in read_stages(document)}
    base = before.get(name) or before[next(iter(document))]
    own = dict(document.get(name, {"extends": base.name}))
    changes = _changes(base, name, values)
    inherited = base.settings if name in document else {"stack_parameters": None}
    _insert(own, {key: value for key, value in changes.items() if inherited.get(key) != value})
    result = {**document, name: own}
    _keep_heirs(result, before, name)
    return result


def _changes(base: Stage, name: str, values: StageValues) -> Settings:
    project = base.settings.get("project_name", "")
    renaming = Renaming(f"{project}-{base.name}", f"{project}-{name}", values)
    settings = base.settings
    parameters = settings.get("stack_parameters", {}) if base.name == name else {}
    kept = {key: value for key, value in parameters.items() if key not in ("AlarmAddress", "InVpc")}
    return {
        "aws_region": values.region,
        "s3_bucket": renaming.bucket(settings.get("s3_bucket", "")),
        **{key: renaming.of(settings[key]) for key in ("role_arn", "dead_letter_arn") if key in settings},
        "stack_parameters": kept | values.stack_parameters,
        "aws_environment_variables": _variables(base, name, renaming),
        "events": renaming.of(settings.get("events", [])),
    }


def _variables(base: Stage, name: str, renaming: Renaming) -> Settings:
    variables, values = base.settings.get("aws_environment_variables", {}), renaming.values
    site_url, hosts = str(variables.get("SITE_URL", "")), str(variables.get("ALLOWED_HOSTS", ""))
    former = [host.strip() for host in hosts.split(",") if host.strip()] if base.name == name else []
    own = {
        "ALLOWED_HOSTS": ",".join(_hosts(former, site_host(site_url), values)),
        "SITE_URL": site_url if site_host(site_url) == values.domain else f"https://{values.domain}",
        "SES_FROM_ADDRESS": values.sender,
    }
    others: Settings = renaming.of({key: value for key, value in variables.items() if key not in GATE_VARIABLES})
    return others | own | _gate(variables if base.name == name else {}, f"{renaming.new}-gate", values)


def _gate(former: Mapping[str, str], table: str, values: StageValues) -> Settings:
    """Return the variables of the gate, or none; patience with another database that resumes stays."""
    kept = {key: former[key] for key in GATE_VARIABLES if key in former}
    if values.sleeps:
        return {GATE_TABLE: table, "DATABASE_CONNECT_SECONDS": RESUME_PATIENCE} | kept
    return {} if GATE_TABLE in kept else kept


def _hosts(former: list[str], former_site: str, values: StageValues) -> list[str]:
    """Return the hosts without the former site and API Gateways of other regions; added hosts stay."""
    gateway = gateway_domain(values.region)
    hosts = [host for host in former if ".execute-api." not in host or host.endswith(gateway)]
    hosts = [host for host in hosts if host not in {former_site} - {values.domain}]
    site = [] if validate_host(values.domain, hosts) else [values.domain]
    return [*site, *hosts, *([] if any(host.endswith(gateway) for host in hosts) else [gateway])]


def _insert(own: Settings, changes: Settings) -> None:
    """Change existing keys in place, and insert new ones."""
    items = list((own | {key: value for key, value in changes.items() if key in own}).items())
    at = next((index for index, (key, _) in enumerate(items) if key == FIRST_KEY_OF_MANY), len(items))
    items[at:at] = [(key, value) for key, value in changes.items() if key not in own]
    own.clear()
    own.update(items)


def _keep_heirs(document: dict[str, Settings], before: Mapping[str, Stage], name: str) -> None:
    """Copy changed inherited values into the stages that extend this one."""
    for heir in read_stages(document):
        if heir.name == name:
            continue
        former = before[heir.name].settings
        changed = [key for key, value in heir.settings.items() if former.get(key) != value]
        if changed:
            own = dict(document[heir.name])
            _insert(own, {key: former.get(key, {}) for key in changed})
            document[heir.name] = own
