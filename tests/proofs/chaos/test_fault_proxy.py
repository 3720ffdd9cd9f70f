"""The proxy has the documented effects, and delivery processes judge them correctly."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.aws.results import ResultKind
from notifications.ses import mailer
from notifications.sns import publisher
from tests.proofs.chaos.aws_requests import AwsRequest
from tests.proofs.chaos.fault_proxy import Weather
from tests.proofs.chaos.faults import CHOSEN, EACH, Fault, choose, chosen_entries
from tests.proofs.chaos.ledger import Call, calls, faults_to_come
from tests.proofs.chaos.program import Program
from tests.support.patience import PATIENCE_SECONDS, wait_until

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

SEED = 7
WORKER = "worker1.+0"
EVERYBODY = {
    Fault.NONE: (ResultKind.ACCEPTED, True),
    Fault.RESET_BEFORE: (ResultKind.UNKNOWN, False),
    Fault.RESET_AFTER: (ResultKind.UNKNOWN, True),
    Fault.DROPPED: (ResultKind.UNKNOWN, True),
    Fault.CUT: (ResultKind.UNKNOWN, True),
    Fault.GARBAGE: (ResultKind.UNKNOWN, True),
    Fault.THROTTLED: (ResultKind.THROTTLED, False),
    Fault.ERROR_BEFORE: (ResultKind.UNKNOWN, False),
    Fault.ERROR_AFTER: (ResultKind.UNKNOWN, True),
}
"""ResultKind, and whether AWS accepts. STALLED and LATE need the time-outs, which the tests lengthen."""


@dataclass(frozen=True)
class Proxied:
    """Local AWS behind the proxy, in a storm."""

    aws: LocalAWS
    proxy: Program
    ledger: Path

    def call(self) -> Call:
        """Return the only call."""
        wait_until(self.ledger.read_text)
        (call,) = calls(self.ledger)
        return call


@pytest.fixture
def proxied(aws: LocalAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_clients: None) -> Iterator[Proxied]:
    ledger = tmp_path / "ledger"
    ledger.touch()
    upstream = aws.url.removeprefix("http://")
    arguments = (upstream, str(SEED), str(ledger))
    proxy = Program(
        "tests.proofs.chaos.fault_proxy", *arguments, log=tmp_path / "log", environment={"CHAOS_PACE": "60"}
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.heard(PATIENCE_SECONDS)}")
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", WORKER)
    order(proxy, "storm")
    yield Proxied(aws, proxy, ledger)
    proxy.end()


def order(proxy: Program, command: str) -> None:
    proxy.tell(command)
    assert proxy.heard(PATIENCE_SECONDS) == "obeyed"


def key_with(fault: Fault, service: str) -> int:
    """Return a notification whose first call meets the fault."""
    return next(key for key in count(1) if choose(SEED, service, key, 0) is fault)


def mail(key: int) -> mailer.Message:
    mime = f"From: {settings.SES_FROM_ADDRESS}\nTo: ada@example.com\nMessage-ID: <notification-{key}@x>\n\nx"
    return mailer.Message(key, "ada@example.com", mime.encode())


def entries(first: int) -> "list[PublishBatchRequestEntryTypeDef]":
    """Return five events, the first with this key."""
    return [{"Id": str(first + index), "Message": json.dumps({"id": str(first + index)})} for index in range(5)]


def received(aws: LocalAWS) -> set[int]:
    return {int(event.body["id"]) for event in aws.events()}


@pytest.mark.parametrize("fault", EVERYBODY)
def test_fault_of_a_mail(proxied: Proxied, fault: Fault) -> None:
    kind, accepts = EVERYBODY[fault]
    key = key_with(fault, "ses")
    assert mailer.send(mail(key)).kind is kind
    assert len(proxied.aws.mails()) == accepts
    call = proxied.call()
    assert (call.worker, call.service, call.keys, call.fault) == (WORKER, "ses", [key], fault)
    assert (call.accepted, call.attempt) == ([key] if accepts else [], "attempt=1")


@pytest.mark.parametrize("fault", EVERYBODY)
def test_fault_of_a_batch_of_events(proxied: Proxied, fault: Fault) -> None:
    kind, accepts = EVERYBODY[fault]
    key = key_with(fault, "sns")
    keys = set(range(key, key + 5))
    assert {key: result.kind for key, result in publisher.publish(entries(key)).items()} == dict.fromkeys(keys, kind)
    assert received(proxied.aws) == (keys if accepts else set())
    assert set(proxied.call().accepted) == (keys if accepts else set())


@pytest.mark.parametrize(
    ("fault", "kind", "accepts"),
    [(Fault.PARTLY_FAILED, ResultKind.UNSENT, False), (Fault.PARTLY_SILENT, ResultKind.UNKNOWN, True)],
)
def test_fault_of_a_part_of_a_batch(proxied: Proxied, fault: Fault, kind: ResultKind, *, accepts: bool) -> None:
    key = key_with(fault, "sns")
    keys = list(range(key, key + 5))
    hit = set(chosen_entries(SEED, keys, 0))
    results = publisher.publish(entries(key))
    assert {key: result.kind for key, result in results.items()} == {
        key: kind if key in hit else ResultKind.ACCEPTED for key in keys
    }
    assert received(proxied.aws) == (set(keys) if accepts else set(keys) - hit)


def test_old_signature_is_refused_as_aws_refuses_it(proxied: Proxied, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "worker1.+86400")  # whose clock is said to be ahead, and is not
    result = mailer.send(mail(key_with(Fault.NONE, "ses")))
    assert (result.kind, result.error) == (ResultKind.UNSENT, "RequestExpired")
    assert proxied.aws.mails() == []


def test_calm_spares_everybody(proxied: Proxied) -> None:
    order(proxied.proxy, "calm")
    assert mailer.send(mail(key_with(Fault.GARBAGE, "ses"))).kind is ResultKind.ACCEPTED


def test_refused_connection_is_certainly_unsent(proxied: Proxied) -> None:
    proxied.proxy.tell(f"refuse {PATIENCE_SECONDS}")
    wait_until(lambda: mailer.send(mail(key_with(Fault.NONE, "ses"))).error == "EndpointConnectionError")


def test_refused_connection_comes_back_on_the_same_port(proxied: Proxied) -> None:
    order(proxied.proxy, "refuse 0")
    assert mailer.send(mail(key_with(Fault.NONE, "ses"))).kind is ResultKind.ACCEPTED


def test_every_fault_is_met_by_somebody() -> None:
    for service, faults in CHOSEN.items():
        assert {choose(SEED, service, key, 0) for key in range(1_000)} == {Fault.NONE, *faults}


@pytest.mark.parametrize("service", EACH)
def test_first_calls_of_a_storm_meet_each_fault_of_their_service_once(service: str, tmp_path: Path) -> None:
    weather = Weather("unused", SEED, tmp_path / "ledger")
    weather.stormy = True
    weather.owe_each_fault()
    met = [weather.fault_for(request_of(service, key))[0] for key in range(1, len(EACH[service]) + 1)]
    assert Counter(met) == Counter(EACH[service])


def test_faults_to_come_are_those_that_no_call_has_met() -> None:
    met = [Call("", 0.0, service, [1], [], fault, [], "") for service, faults in EACH.items() for fault in faults[1:]]
    assert faults_to_come(met) == {(service, faults[0]) for service, faults in EACH.items()}


def request_of(service: str, key: int) -> AwsRequest:
    return AwsRequest(service, [key], b"", datetime.now(UTC), WORKER, "attempt=1")
