"""Rules of charging, without each of which a storm of faults must be seen to break a promise."""

from tests.proofs.mutations.mutation import Mutation

CAMPAIGN = ("tests/proofs/payment_chaos/test_campaign.py::test_storm_charges_no_order_twice_and_loses_no_money",)

UNCHECKED = Mutation(
    "stored only",
    "payments/charging/claims.py",
    "if stored is None or (stored.provider, stored.reference) != (order.provider, order.reference):",
    "if stored is None:",
    CAMPAIGN,
)
UNSTORED = Mutation(
    "stored before it is confirmed",
    "payments/orders/fence.py",
    "stored = {row.pk: row.reference for row in update_returning(empty, reference=references)}",
    "stored = {row.pk: opened[row] for row in empty if references}",
    CAMPAIGN,
    (UNCHECKED,),
)

STORMS = (
    UNSTORED,
    Mutation(
        "more than a key",
        "payments/charging/stages.py",
        "self.provider.prepare(order, method_of(order), order.attempts + 1)",
        "self.provider.prepare(order, method_of(order), 1)",
        CAMPAIGN,
        (UNSTORED, UNCHECKED),
    ),
    Mutation(
        "fence in a storm",
        "payments/orders/fence.py",
        "_waiting().filter(pk=order.pk, way=order.way, reference=order.reference)",
        "_waiting().filter(pk=order.pk)",
        CAMPAIGN,
    ),
    Mutation(
        "closed before the page",
        "payments/hosted_page.py",
        "if order.reference and not close(order, provider, now):",
        "if order.reference and close(order, provider, now) is None:",
        CAMPAIGN,
    ),
    Mutation(
        "seen cancelled",
        "payments/charging/stages.py",
        "elif outcome.kind is Kind.CLOSED:\n            return",
        "elif outcome.kind in {Kind.CLOSED, Kind.OPEN, Kind.UNKNOWN}:\n            return",
        CAMPAIGN,
    ),
    Mutation(
        "timeout is no decline",
        "payments/charging/stages.py",
        "self.recorder.unknown(order)",
        "self.recorder.failed(order, outcome)",
        CAMPAIGN,
    ),
)
