"""Allow-list of the events that Lambda may hand to Zappa, whose own handler would also run code from an event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.aws_lambda.http_events import Event, is_http, is_readable, normalised
from foundation.jobs.invocation import InvocationError

MANAGEMENT_COMMANDS = frozenset(
    {
        "adopt_users",  # what each deployment does before it migrates
        "audit_access",  # users with access but without a live subscription
        "audit_accounts",  # who shares a name or an address
        "audit_overlaps",  # users with several live subscriptions to one plan
        "check",  # the settings in effect on Lambda
        "check_expired_subscriptions",  # due subscriptions; --dry-run changes nothing
        "createsuperuser",  # the first operator; with --noinput the event holds no password
        "migrate",  # run by each deployment
        "notifications",  # list, resend and replay notifications
        "payments",  # show, refund and reconcile
        "preview_sweep",  # subscriptions about to expire; on Lambda it prints no mails
        "remove_second_factor",  # of somebody who has lost it
    }
)
"""Management commands that `zappa manage` may run. Excludes create_api_token: output goes to the log."""

RELEASE_JOBS = frozenset({"config.operations.release_jobs.migrate", "config.operations.release_jobs.migrations"})
"""Commands that a deployment sends. They return the whole result; `zappa manage` returns the last 4 KB of the log."""

HANDLED_FIRST = frozenset({"Sns", "s3", "dynamodb", "kinesis"})
"""Record keys that Zappa handles before it reads `eventSource`."""


class RefusedInvocation(InvocationError, PermissionError):
    """The event is not on the allow-list. Nothing was run. The message repeats nothing from the event."""


@dataclass(frozen=True)
class InvocationRules:
    """Allow-list for events other than HTTP: dotted names of `jobs`, and the ARNs of `queues` mapped to a job."""

    jobs: frozenset[str]
    queues: frozenset[str]

    def admit(self, event: Any) -> Event:
        """Return the event to hand to Zappa, or refuse it. Checks follow the order of Zappa's own handler.

        Raises RefusedInvocation.
        """
        if not isinstance(event, dict):
            raise RefusedInvocation("the event is not a JSON object")
        if "raw_command" in event:
            raise RefusedInvocation("raw_command would run arbitrary code")
        if is_http(event):
            self._check(is_readable(event), "the request comes from a gateway that this service does not support")
            return normalised(event)
        if "stageVariables" in event:
            raise RefusedInvocation("stageVariables are allowed in HTTP events only; they would change the environment")
        self._refuse_others(event)
        return event

    def _refuse_others(self, event: Event) -> None:
        if _is_web_socket(event):
            raise RefusedInvocation("web sockets are not supported")
        if event.get("detail-type") == "Scheduled Event":
            self._check(scheduled_function(event) in self.jobs, "the rule names no job in zappa_settings.json")
        elif event.get("command"):
            self._check(
                str(event["command"]) in self.jobs | RELEASE_JOBS, "the command names no job in zappa_settings.json"
            )
        elif event.get("manage"):
            self._check(_management_command(event) in MANAGEMENT_COMMANDS, "the management command is not allowed")
        else:
            self._check(self._are_messages(event.get("Records")), "this kind of event is not supported")

    def _are_messages(self, records: Any) -> bool:
        return isinstance(records, list) and bool(records) and all(map(self._is_message, records))

    def _is_message(self, record: Any) -> bool:
        if not isinstance(record, dict) or not HANDLED_FIRST.isdisjoint(record):
            return False
        return record.get("eventSource") == "aws:sqs" and str(record.get("eventSourceARN")) in self.queues

    @staticmethod
    def _check(holds: bool, otherwise: str) -> None:
        if not holds:
            raise RefusedInvocation(otherwise)


def _is_web_socket(event: Event) -> bool:
    context = event.get("requestContext", {})
    return not isinstance(context, Mapping) or "eventType" in context


def scheduled_function(event: Event) -> str:
    """Return the function name as Zappa extracts it: the part after the last dash of the first rule's name."""
    resources = event.get("resources")
    first = resources[0] if isinstance(resources, list) and resources else ""
    return str(first).rpartition("/")[2].rpartition("-")[2]


def _management_command(event: Event) -> str:
    return str(event["manage"]).partition(" ")[0]
