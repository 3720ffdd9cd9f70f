"""Faults that tests ask for: each happens, and does to the ledger what it says."""

import time

import pytest
import stripe

from tests.infra.local_provider.conftest import Control, Shop

UNANSWERED = (stripe.APIConnectionError, OSError)

FAULTS: dict[str, tuple[type[Exception] | tuple[type[Exception], ...], bool]] = {
    "lost_before": (UNANSWERED, False),
    "lost_after": (UNANSWERED, True),
    "error_before": (stripe.APIError, False),
    "error_after": (stripe.APIError, True),
    "garbage_after": (stripe.APIError, True),
    "rate_limited": (stripe.RateLimitError, False),
    "lock_timeout": (stripe.RateLimitError, False),
}
"""Error that the SDK raises, and whether the money has moved."""


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_happens_once(api: stripe.V1Services, shop: Shop, control: Control, fault: str) -> None:
    error, moves = FAULTS[fault]
    prepared = shop.prepared(shop.saved_method())
    control("faults", plan=fault, of="/confirm")
    with pytest.raises(error):
        api.payment_intents.confirm(prepared.id, {"off_session": True})
    assert control("faults")[fault] == 1
    assert bool(control("ledger")["movements"]) is moves

    if not moves:
        api.payment_intents.confirm(prepared.id, {"off_session": True})
    assert api.payment_intents.retrieve(prepared.id).status == "succeeded"
    assert control("ledger")["sums"]["eur"]["total"] == 990


def test_chances_are_repeatable(api: stripe.V1Services, control: Control) -> None:
    def run() -> str:
        control("faults", rates={"rate_limited": 0.5}, seed=3)
        results = ""
        for _ in range(20):
            try:
                api.customers.create()
                results += "."
            except stripe.RateLimitError:
                results += "x"
        return results

    first = run()
    assert set(first) == {".", "x"}
    assert run() == first
    control("faults", clear=True)
    api.customers.create()


def test_calls_take_the_time_that_they_are_told(api: stripe.V1Services, control: Control) -> None:
    control("behaviour", latency=0.2)
    start = time.monotonic()
    api.customers.create()
    assert time.monotonic() - start >= 0.2


def test_unknown_control_is_refused(control: Control) -> None:
    for name, members in (("nothing", {"a": 1}), ("faults", {"plan": "none"}), ("behaviour", {"speed": 1})):
        with pytest.raises(OSError, match="400"):
            control(name, **members)
