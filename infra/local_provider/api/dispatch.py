"""Handling of one request of the API, from its key to its answer."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

from infra.local_provider.api.expansion import expand
from infra.local_provider.api.faults import Fault, Faults
from infra.local_provider.api.idempotency import LIFETIME, Answer, IdempotentRequest
from infra.local_provider.api.locks import NamesInUse, key_in_use, lock_timeout
from infra.local_provider.api.routes import Call, find_call
from infra.local_provider.errors import CardDeclined, IntentCancelled, Refused
from infra.local_provider.ledger.identifiers import random_letters
from infra.local_provider.ledger.ledger import Ledger
from infra.local_provider.ledger.transaction import Caller, Transaction
from infra.local_provider.protocol.form_decoding import Form, decode_form
from infra.local_provider.protocol.json_body import encode, shown
from infra.local_provider.resources.schedule import run_due

RATE_LIMITED = Refused("Too many requests hit the API too quickly.", status=429, code="rate_limit")
BROKEN = Refused("An unknown error occurred. (This one was asked for.)", status=500, kind="api_error")
VANISHED = 0
"""Status of an answer that is never sent: the connection closes instead."""


@dataclass
class Behaviour:
    """Settings that control requests change."""

    latency: timedelta = timedelta()
    """Time that each call takes, before its effect."""
    latency_after: timedelta = timedelta()
    """Time between a call's effect and its answer."""
    key_lifetime: timedelta = LIFETIME
    lock_wait: timedelta = timedelta(milliseconds=200)
    """Time that a request waits for an object in use before it is refused."""


@dataclass(frozen=True)
class ApiRequest:
    """A request of the API. The names of headers are in lower case."""

    method: str
    path: str
    encoded: str
    headers: Mapping[str, str]
    identifier: str = field(default_factory=lambda: f"req_{random_letters(14)}")

    @property
    def key(self) -> str:
        """The idempotency key; only POST has one."""
        return self.headers.get("idempotency-key", "") if self.method == "POST" else ""

    @property
    def version(self) -> str:
        return self.headers.get("stripe-version", "")


class Dispatcher:
    """The API of one account, whose secret key this is."""

    def __init__(self, ledger: Ledger, secret_key: str) -> None:
        self.behaviour = Behaviour()
        self.faults = Faults()
        self._ledger = ledger
        self._secret_key = secret_key
        self.keys_in_use = NamesInUse()
        self.objects_in_use = NamesInUse()

    def handle(self, request: ApiRequest) -> Answer:
        """Return the answer of a request; one with the status VANISHED must not be sent."""
        try:
            self._authenticate(request)
            return self._handle(request, _called(request))
        except Refused as refusal:
            return _answer(refusal)

    def _authenticate(self, request: ApiRequest) -> None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key != self._secret_key:
            message = f"Invalid API Key provided: {key[:8]}****{key[-4:]}" if key else "You did not provide an API key."
            raise Refused(message, status=HTTPStatus.UNAUTHORIZED)

    def _handle(self, request: ApiRequest, call: Call) -> Answer:
        fault = self.faults.take(request.method, request.path)
        if fault is Fault.LOST_BEFORE:
            return Answer(VANISHED, "")
        if fault is Fault.RATE_LIMITED:
            raise RATE_LIMITED
        if fault is Fault.LOCK_TIMEOUT:
            raise lock_timeout()
        form = decode_form(request.encoded)
        identity = IdempotentRequest(request.key, request.path, form)
        identity.check()
        with self.keys_in_use.hold(request.key, timedelta(), key_in_use(request.key)):
            answer = self._run(request, call, identity, fault)
            time.sleep(self.behaviour.latency_after.total_seconds())
        return _spoilt(answer, fault)

    def _run(self, request: ApiRequest, call: Call, identity: IdempotentRequest, fault: Fault | None) -> Answer:
        caller = Caller(request.identifier, request.key, request.version)
        changed = next(iter(call.ids.values()), "") if request.method != "GET" else ""
        with self.objects_in_use.hold(changed, self.behaviour.lock_wait, lock_timeout()):
            time.sleep(self.behaviour.latency.total_seconds())
            with self._ledger.transaction(caller) as books:
                run_due(books)
                answer = identity.replayed(books, self.behaviour.key_lifetime)
                if answer is None:
                    answer = _broken(_execute(books, call, identity.form, fault), fault)
                    identity.keep(books, answer)
        return answer


def _called(request: ApiRequest) -> Call:
    call = find_call(request.method, request.path)
    if call is None:
        message = f"Unrecognized request URL ({request.method}: {request.path})."
        raise Refused(message, status=HTTPStatus.NOT_FOUND)
    return call


def _execute(books: Transaction, call: Call, form: Form, fault: Fault | None) -> Answer:
    """Run the operation. A refusal whose effect stays is an answer; others undo everything."""
    parameters = call.route.shape(form)
    if fault is Fault.ERROR_BEFORE:
        return _answer(BROKEN)
    try:
        body = call.route.run(books, {**parameters}, **call.ids)
    except (CardDeclined, IntentCancelled) as refusal:
        return _answer(refusal)
    return Answer(HTTPStatus.OK, encode(shown(expand(books, body, parameters.get("expand", [])))).decode())


def _broken(answer: Answer, fault: Fault | None) -> Answer:
    return _answer(BROKEN) if fault is Fault.ERROR_AFTER else answer


def _spoilt(answer: Answer, fault: Fault | None) -> Answer:
    if fault is Fault.LOST_AFTER:
        return Answer(VANISHED, "")
    return Answer(HTTPStatus.OK, "<html>upstream</html>") if fault is Fault.GARBAGE_AFTER else answer


def _answer(refusal: Refused) -> Answer:
    return Answer(refusal.status, json.dumps({"error": refusal.error}, indent=2))
