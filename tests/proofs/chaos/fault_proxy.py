"""HTTP proxy that injects faults into the local AWS: `python -m tests.proofs.chaos.fault_proxy UPSTREAM SEED LEDGER`.

Prints its port. Standard input accepts `storm`, `calm`, `each` (the first calls in a storm meet each fault once), and
`refuse SECONDS`, during which connections are refused; each command is answered by `obeyed`. Each call becomes a line
in the file LEDGER.
"""

import http.client
import random
import socket
import struct
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from infra.postgresql import hold_a_port
from tests.proofs.chaos import batch_answers
from tests.proofs.chaos.aws_requests import ACCOUNT, Answer, AwsRequest
from tests.proofs.chaos.durations import LATE, SIGNATURE_LASTS
from tests.proofs.chaos.faults import BATCH_FAULTS, EACH, Fault, choose, chosen_entries
from tests.proofs.chaos.ledger import Call
from tests.support.patience import PATIENCE_SECONDS

UPSTREAM_SECONDS = float(PATIENCE_SECONDS)
RESET = struct.pack("ii", 1, 0)  # SO_LINGER, at once: closing sends RST


class Weather:
    """Faults per call, shared by the proxy's threads."""

    def __init__(self, upstream: str, seed: int, ledger: Path) -> None:
        self.upstream = upstream
        self.stormy = False
        self._seed = seed
        self._ledger = ledger
        self._calls: Counter[tuple[str, int]] = Counter()
        self._owed: dict[str, list[Fault]] = {}
        self._lock = threading.Lock()

    def owe_each_fault(self) -> None:
        """Apply each fault of each service once to its first calls, in an order drawn from the seed."""
        chance = random.Random(self._seed)
        with self._lock:
            self._owed = {service: chance.sample(faults, len(faults)) for service, faults in EACH.items()}

    def fault_for(self, request: AwsRequest) -> tuple[Fault, list[int]]:
        """Return the fault for this call, and the affected entries if not all."""
        first = request.keys[0]
        with self._lock:
            call = self._calls[request.service, first]
            self._calls[request.service, first] += 1
        if request.age > SIGNATURE_LASTS:
            return Fault.EXPIRED, []
        fault = self._stormy_fault(request.service, first, call) if self.stormy else Fault.NONE
        return fault, chosen_entries(self._seed, request.keys, call) if fault in BATCH_FAULTS else []

    def _stormy_fault(self, service: str, first: int, call: int) -> Fault:
        with self._lock:
            if owed := self._owed.get(service):
                return owed.pop()
        return choose(self._seed, service, first, call)

    def record(self, call: Call) -> None:
        """Add a line to the ledger."""
        with self._lock, self._ledger.open("a") as lines:
            lines.write(call.as_json() + "\n")


class SpoiledCall(BaseHTTPRequestHandler):
    """Call with a fault. A connection serves only one, so that a closed listener refuses the next."""

    server: "FaultProxy"

    def do_POST(self) -> None:
        """Forward the request and the response, or not."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = AwsRequest.read(self.command, self.headers, body)
        fault, hit = self.server.weather.fault_for(request)
        if fault is Fault.LATE:
            time.sleep(LATE.total_seconds())
        answer, accepted = self._ask(request, fault, hit) if fault.reaches_aws else (_refusal(request, fault), [])
        self.server.weather.record(
            Call(
                worker=request.worker,
                age=request.age.total_seconds(),
                service=request.service,
                keys=request.keys,
                accepted=accepted,
                fault=fault,
                hit=hit,
                attempt=request.attempt,
            )
        )
        if fault is Fault.STALLED:
            time.sleep(LATE.total_seconds())
        self._answer(fault, answer)

    def do_GET(self) -> None:
        """Forward a GET like a POST."""
        self.do_POST()

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""

    def _ask(self, request: AwsRequest, fault: Fault, hit: list[int]) -> tuple[Answer, list[int]]:
        asked = request.without(hit) if fault is Fault.PARTLY_FAILED else request
        answer = self._upstream(asked) if asked.keys else batch_answers.NOTHING
        return _spoiled(request, fault, hit, answer), _accepted(asked, answer)

    def _upstream(self, request: AwsRequest) -> Answer:
        if request.service == "account":
            return ACCOUNT
        connection = http.client.HTTPConnection(self.server.weather.upstream, timeout=UPSTREAM_SECONDS)
        headers = {name: value for name, value in self.headers.items() if name not in {"Content-Length", "Connection"}}
        connection.request("POST", self.path, request.body, headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers["Content-Type"], response.read())
        connection.close()
        return answer

    def _answer(self, fault: Fault, answer: Answer) -> None:
        """Send the response; the client may be gone."""
        try:
            self._write(fault, answer)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _write(self, fault: Fault, answer: Answer) -> None:
        if fault in {Fault.RESET_BEFORE, Fault.RESET_AFTER}:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.close_connection = True
            self.connection.close()
            return
        if fault is Fault.DROPPED:
            return
        body = b"<html>we are down</html" if fault is Fault.GARBAGE else answer.body
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        if answer.error_type:
            self.send_header("x-amzn-ErrorType", answer.error_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault is Fault.CUT else body)


class FaultProxy(ThreadingHTTPServer):
    """Listener of the proxy."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, weather: Weather) -> None:
        self.weather = weather
        super().__init__(("127.0.0.1", port), SpoiledCall)

    def serve(self) -> None:
        """Serve until shutdown."""
        self.serve_forever(poll_interval=0.02)


def _spoiled(request: AwsRequest, fault: Fault, hit: list[int], answer: Answer) -> Answer:
    if fault is Fault.ERROR_AFTER:
        return request.failed()
    if fault is Fault.PARTLY_FAILED:
        return replace(answer, body=batch_answers.with_failed(answer.body, hit))
    if fault is Fault.PARTLY_SILENT:
        return replace(answer, body=batch_answers.without(answer.body, hit))
    return answer


def _accepted(request: AwsRequest, answer: Answer) -> list[int]:
    if answer.status != HTTPStatus.OK or request.service == "account":
        return []
    return request.keys if request.service == "ses" else batch_answers.successful(answer.body)


def _refusal(request: AwsRequest, fault: Fault) -> Answer:
    refusals = {Fault.THROTTLED: request.throttled, Fault.EXPIRED: request.expired}
    return refusals.get(fault, request.failed)()


def _obey(commands: list[str], proxy: FaultProxy) -> FaultProxy:
    if commands[0] in {"storm", "calm"}:
        proxy.weather.stormy = commands[0] == "storm"
        return proxy
    if commands[0] == "each":
        proxy.weather.owe_each_fault()
        return proxy
    proxy.shutdown()
    proxy.server_close()
    time.sleep(float(commands[1]))
    return _listen(proxy.server_port, proxy.weather)


def _listen(port: int, weather: Weather) -> FaultProxy:
    proxy = FaultProxy(port, weather)
    threading.Thread(target=proxy.serve, daemon=True).start()
    return proxy


def main(upstream: str, seed: str, ledger: str) -> None:
    """Serve until standard input ends."""
    with hold_a_port() as holder:  # also while connections are refused
        proxy = _listen(holder.getsockname()[1], Weather(upstream, int(seed), Path(ledger)))
        print(proxy.server_port, flush=True)
        for line in sys.stdin:
            proxy = _obey(line.split(), proxy)
            print("obeyed", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
