"""Questions of `make configure`: each has a parameter for CI services, a default, and a check."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import boto3

from config.zappa.region_checks import COMMERCIAL
from config.zappa.site_checks import site_host
from config.zappa.stages import Stage
from foundation.email_addresses import UndeliverableAddress, deliverable, read_sender
from infra.deployment import account_answers
from infra.deployment.stage_values import IN_VPC, StageValues
from infra.errors import Refused

STAGE_NAME = re.compile(r"[a-z][a-z0-9]{1,15}")
"""Pattern in messaging.yaml."""
DOCUMENTED_ACCOUNT = "123456789012"
"""AWS's example account in the shipped file, which is not a valid answer unless the credentials are for it."""
SLEEPING_STAGE = "dev"
"""Stage that sleeps unless the answer is no, because hardly anybody visits it (docs/cost.md)."""
DOCUMENTED_DOMAIN = "example.com"
"""https://www.rfc-editor.org/rfc/rfc2606"""
HINTS = {
    "Account": "",
    "Region": "",
    "Domain": ", the site's host name",
    "Sender": " of mails",
    "Database": ": none, stack or elsewhere",
    "Sleep": ", yes or no: Aurora sleeps until something is due, and the first visitor waits 15 s",
    "AlarmAddress": " or none",
}
"""Parameter names, with the hints shown after them."""


def check_stage_name(name: str) -> None:
    """Raise Refused unless the name can be used for stacks."""
    if not STAGE_NAME.fullmatch(name):
        raise Refused(f"{name!r} is not a valid stage name. Use 2 to 16 lower-case letters and digits, a letter first.")


@dataclass
class StageQuestions:
    """`stage` is the existing one, if any; its values are the defaults, unless they are the shipped examples."""

    stage: Stage | None
    given: Mapping[str, str]
    interactive: bool
    name: str = ""
    _missing: list[str] = field(default_factory=list)

    def answer(self) -> StageValues:
        """Ask for the values that were not given. Raises Refused for an invalid or missing answer."""
        unknown = [name for name in self.given if name not in HINTS]
        if unknown:
            raise Refused(f"Unknown parameter {', '.join(unknown)}. Use {', '.join(HINTS)}.")
        caller = account_answers.account()
        print(f"Credentials: {account_answers.caller()}")
        account = self._ask("Account", _unless_documented(self._account, DOCUMENTED_ACCOUNT) or caller, _account)
        if caller and account and account != caller:
            print(f"Note: to deploy this stage, use credentials of {account} instead of {caller}.")
        region = self._ask("Region", self._setting("aws_region"), _region)
        if region:
            print(f"SES in {region}: {account_answers.identities(region)}")
        former = site_host(self._variable("SITE_URL"))
        domain = self._ask("Domain", _unless_documented(former, DOCUMENTED_DOMAIN), _domain)
        values = StageValues(account, region, domain, *self._mail(domain))
        if self._missing:
            named = " ".join(f"{name}=..." for name in self._missing)
            raise Refused(f'Nothing was written. Without a terminal, give PARAMETERS="{named}".')
        return values

    def _mail(self, domain: str) -> tuple[str, str, str, bool]:
        sender = _unless_documented(self._variable("SES_FROM_ADDRESS"), DOCUMENTED_DOMAIN)
        sender = self._ask("Sender", sender or (f"subscriptions@{domain}" if domain else ""), _sender)
        database = self._ask("Database", self._database, _database)
        sleeps = self._ask("Sleep", self._sleep(database), _yes_or_no) == "yes"
        alarms = self._ask("AlarmAddress", self._parameters.get("AlarmAddress", "") or "none", _alarm_address)
        return sender, database, alarms, sleeps

    def _sleep(self, database: str) -> str:
        """Return what holds for the stage; with its first database, yes if it is SLEEPING_STAGE."""
        if self._variable("GATE_TABLE"):
            return "yes"
        is_first = self._database == "none" and database == "stack"
        return "yes" if is_first and self.name == SLEEPING_STAGE else "no"

    def _ask(self, name: str, default: str, read: Callable[[str], str]) -> str:
        """Return the given value, the typed one or the default; "", recorded as missing, if there is none."""
        if name in self.given:
            return read(self.given[name])
        if self.interactive:
            return _typed(name, default, read)
        if not default:
            self._missing.append(name)
            return ""
        return read(default)

    @property
    def _account(self) -> str:
        found = self._setting("role_arn").split(":")
        return found[4] if len(found) > 4 else ""

    @property
    def _database(self) -> str:
        places = {value: place for place, value in IN_VPC.items()}
        return places.get(self._parameters.get("InVpc", ""), "none")

    @property
    def _parameters(self) -> dict[str, str]:
        return dict(self.stage.settings.get("stack_parameters", {})) if self.stage else {}

    def _setting(self, key: str) -> str:
        return str(self.stage.settings.get(key) or "") if self.stage else ""

    def _variable(self, name: str) -> str:
        return str(self.stage.settings.get("aws_environment_variables", {}).get(name, "")) if self.stage else ""


def _typed(name: str, default: str, read: Callable[[str], str]) -> str:
    while True:
        try:
            return read(input(f"{name}{HINTS[name]}{f' [{default}]' if default else ''}: ").strip() or default)
        except Refused as error:
            print(error)
        except EOFError as error:
            raise Refused("Nothing was written.") from error


def _unless_documented(value: str, documented: str) -> str:
    return "" if re.search(rf"(^|[.@]){re.escape(documented)}>?$", value) else value


def _account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text, re.ASCII):
        raise Refused(f"Account {text!r} is none: it has 12 digits, as `aws sts get-caller-identity` shows them.")
    return text


def _region(text: str) -> str:
    known = boto3.session.Session().get_available_regions("lambda")
    if not COMMERCIAL.fullmatch(text) or text not in known:
        raise Refused(f"Region {text!r} is none of AWS's: {', '.join(known)}.")
    return text


def _domain(text: str) -> str:
    try:
        domain = deliverable(f"postmaster@{text}").rpartition("@")[2].lower()
    except UndeliverableAddress:
        domain = ""
    if "." not in domain or "@" in text:
        raise Refused(f"Domain {text!r} is none: give the site's host name, such as subscriptions.example.org.")
    return domain


def _sender(text: str) -> str:
    try:
        read_sender(text)
    except UndeliverableAddress as error:
        raise Refused(f"Sender {text!r} is {error}.") from error
    return text


def _database(text: str) -> str:
    if text not in ("none", *IN_VPC):
        raise Refused(f"Database {text!r} must be none, stack (of `make data`) or elsewhere (any PostgreSQL).")
    return text


def _yes_or_no(text: str) -> str:
    if text not in ("yes", "no"):
        raise Refused(f"Sleep {text!r} must be yes or no.")
    return text


def _alarm_address(text: str) -> str:
    if text in ("", "none"):
        return ""
    try:
        return deliverable(text)
    except UndeliverableAddress as error:
        raise Refused(f"AlarmAddress {text!r} is {error}.") from error
