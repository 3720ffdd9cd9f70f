"""Delivery of events: signed, in the background, repeated until the receiver answers 2xx."""

import heapq
import itertools
import random
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.local_provider.ledger.transaction import Caller
from infra.local_provider.protocol.json_body import Body, encode, shown
from infra.local_provider.provider_clock import ProviderClock, system_time
from infra.local_provider.webhooks.signature import sign

TIMEOUT_SECONDS = 20
RETRIES = (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 36_000, 86_400, 86_400)
"""Seconds between tries. Stripe tries for up to three days "with an exponential back off", without saying when."""
LOOKS_EVERY_SECONDS = 0.02


@dataclass
class Endpoint:
    """The receiver, and how deliveries go wrong. Empty `types` are all types.

    Each event is sent `copies` times, drawn from the range, after a delay drawn from the range, in seconds of the
    provider's clock. `held` keeps everything back; released, it goes out in an order drawn by chance if `shuffled`.
    """

    url: str = ""
    secrets: Sequence[str] = ()
    types: frozenset[str] = frozenset()
    copies: tuple[int, int] = (1, 1)
    delay: tuple[int, int] = (0, 0)
    shuffled: bool = False
    held: bool = False
    seed: int = 0


@dataclass(order=True)
class Delivery:
    """One copy of an event. Deliveries are ordered by their time, then by `order`."""

    at: int
    order: float
    event: Body = field(compare=False)
    tries: int = field(default=0, compare=False)
    to_lose: int = field(default=0, compare=False)


class Deliveries:
    """Queue of deliveries and the thread that sends them."""

    def __init__(self, clock: ProviderClock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._queue: list[Delivery] = []
        self._sending = 0
        self._count = itertools.count()
        self._results: Counter[str] = Counter()
        self._endpoint = Endpoint()
        self._random = random.Random(0)  # noqa: S311 - repeatable, not secret
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    @property
    def endpoint(self) -> Endpoint:
        """The receiver."""
        return self._endpoint

    @endpoint.setter
    def endpoint(self, endpoint: Endpoint) -> None:
        with self._changed:
            if endpoint.seed != self._endpoint.seed:
                self._random = random.Random(endpoint.seed)  # noqa: S311 - repeatable, not secret
            self._endpoint = endpoint
            self._changed.notify_all()

    @property
    def results(self) -> dict[str, int]:
        """Number of tries by result: `delivered`, `refused`, `lost`, and `given_up`; `waiting` is the queue."""
        with self._changed:
            return dict(self._results) | {"waiting": len(self._queue) + self._sending}

    def start(self) -> None:
        """Start sending."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sending, after the present try."""
        self._ended.set()
        self._thread.join()

    def accept(self, events: list[Body], caller: Caller) -> None:
        """Queue the copies of the events."""
        endpoint = self._endpoint
        if not endpoint.url:
            return
        with self._changed:
            for event in events:
                if not endpoint.types or event["type"] in endpoint.types:
                    for _ in range(self._random.randint(*endpoint.copies)):
                        self._queue_one(event, caller.drops_webhooks)
            self._changed.notify_all()

    def _queue_one(self, event: Body, to_lose: int) -> None:
        order = self._random.random() if self._endpoint.shuffled else float(next(self._count))
        at = self._clock.timestamp() + self._random.randint(*self._endpoint.delay)
        heapq.heappush(self._queue, Delivery(at, order, event, to_lose=to_lose))

    def _run(self) -> None:
        while not self._ended.is_set():
            delivery = self._next()
            if delivery is None:
                self._ended.wait(LOOKS_EVERY_SECONDS)
                continue
            result = self._send(delivery)
            with self._changed:
                self._sending -= 1
                self._results[result] += 1
                if result != "delivered":
                    self._repeat(delivery)

    def _next(self) -> Delivery | None:
        with self._changed:
            if self._endpoint.held or not self._queue or self._queue[0].at > self._clock.timestamp():
                return None
            self._sending += 1
            return heapq.heappop(self._queue)

    def _repeat(self, delivery: Delivery) -> None:
        if delivery.tries >= len(RETRIES):
            self._results["given_up"] += 1
            return
        delivery.at = self._clock.timestamp() + RETRIES[delivery.tries]
        delivery.tries += 1
        heapq.heappush(self._queue, delivery)

    def _send(self, delivery: Delivery) -> str:
        if delivery.to_lose > delivery.tries:
            return "lost"
        body = encode(shown(delivery.event))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            # By the true time, which the receiver compares it with, however far the provider's clock is moved.
            "Stripe-Signature": sign(body, self._endpoint.secrets, int(system_time().timestamp())),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        request = urllib.request.Request(self._endpoint.url, body, headers, method="POST")  # noqa: S310 - an address on loopback
        try:
            with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return "delivered" if 200 <= answer.status < 300 else "refused"
        except urllib.error.HTTPError as error:
            error.close()
            return "refused"
        except (OSError, ValueError):
            return "lost"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Stripe takes a redirect for a failure."""

    def redirect_request(self, *args: object) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)
