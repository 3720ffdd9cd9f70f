"""Which events may enter the function. Zappa's handler takes many more: some of them run code that they carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.aws_lambda.http_events import Event, is_http, is_readable, normalised
from foundation.jobs.invocation import InvocationError

MANAGEMENT_COMMANDS = frozenset(
    {
        "audit_access",  # who has access and should not
        "audit_overlaps",  # who has several live subscriptions to one plan
        "check",  # the settings as they are on Lambda
        "check_expired_subscriptions",  # what is due, without changing it: --dry-run
        "createsuperuser",  # the first operator; with --noinput no password is in the event
        "migrate",  # each deployment's
        "notifications",  # what is in the outbox, sending it again, replaying it
        "preview_sweep",  # who would expire; the mails themselves it shows only on a laptop
    }
)
"""What `zappa manage` may run. Output goes to the log, so create_api_token, which prints a token, is not here."""

RELEASE_JOBS = frozenset({"config.operations.release_jobs.migrate", "config.operations.release_jobs.migrations"})
"""Commands that a deployment gives: they return what the log of `zappa manage` would hold the last 4 KB of."""

HANDLED_FIRST = frozenset({"Sns", "s3", "dynamodb", "kinesis"})
"""Keys of a record that Zappa looks at before it believes `eventSource`."""


class RefusedInvocation(InvocationError, PermissionError):
    """The event is none that may enter. Nothing was run. The message repeats nothing that the event says."""


@dataclass(frozen=True)
class InvocationRules:
    """What may enter besides HTTP: dotted names of `jobs`, and the ARNs of `queues` that feed one."""

    jobs: frozenset[str]
    queues: frozenset[str]

    def admit(self, event: Any) -> Event:
        """The event as Zappa may have it; the order of the questions is that of Zappa's own handler.

        Raises RefusedInvocation.
        """
        if not isinstance(event, dict):
            raise RefusedInvocation("an event is a JSON object")
        if "raw_command" in event:
            raise RefusedInvocation("raw_command would run any code")
        if is_http(event):
            self._check(is_readable(event), "the request is of no gateway that this service has")
            return normalised(event)
        if "stageVariables" in event:
            raise RefusedInvocation("stageVariables belong to HTTP events; they would change the environment")
        self._refuse_others(event)
        return event

    def _refuse_others(self, event: Event) -> None:
        if _is_web_socket(event):
            raise RefusedInvocation("this service has no web sockets")
        if event.get("detail-type") == "Scheduled Event":
            self._check(_scheduled_function(event) in self.jobs, "the rule leads to no job of zappa_settings.json")
        elif event.get("command"):
            self._check(
                str(event["command"]) in self.jobs | RELEASE_JOBS, "the command is no job of zappa_settings.json"
            )
        elif event.get("manage"):
            self._check(_management_command(event) in MANAGEMENT_COMMANDS, "the management command is not allowed")
        else:
            self._check(self._are_messages(event.get("Records")), "the event is of no kind that this service takes")

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


def _scheduled_function(event: Event) -> str:
    """As Zappa finds it: what follows the last dash of the first rule's name."""
    resources = event.get("resources")
    first = resources[0] if isinstance(resources, list) and resources else ""
    return str(first).rpartition("/")[2].rpartition("-")[2]


def _management_command(event: Event) -> str:
    return str(event["manage"]).partition(" ")[0]
