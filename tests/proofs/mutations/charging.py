"""Rules behind the promise that nobody is charged twice."""

from tests.proofs.mutations.mutation import Mutation

CHARGER = "tests/payments/charging/test_charger.py::"
TRIES = "tests/payments/charging/test_tries.py::"
ENDED = "tests/payments/charging/test_ended_orders.py::"
CLOSED = "tests/payments/charging/test_closed_orders.py::"
GRACE = "tests/payments/orders/test_grace.py::"
NEWEST_METHOD = "tests/payments/methods/test_newest_method.py::"

CHARGING_RULES = (
    Mutation(
        "stored reference",
        "payments/orders/fence.py",
        "if order.reference or not _seen(order).update(reference=reference):",
        "if not Order.objects.filter(pk=order.pk).update(reference=reference):",
        (f"{CHARGER}test_second_charger_stores_nothing_beside_the_first",),
    ),
    Mutation(
        "stored once per claim",
        "payments/orders/fence.py",
        ', way=Order.Way.CHARGE, reference="")',
        ")",
        (f"{CHARGER}test_charges_are_stored_for_the_orders_that_have_none",),
    ),
    Mutation(
        "way that was seen",
        "payments/orders/fence.py",
        "_waiting().filter(pk=order.pk, way=order.way, reference=order.reference)",
        "_waiting().filter(pk=order.pk)",
        (f"{CHARGER}test_way_is_not_taken_from_an_order_that_has_changed",),
    ),
    Mutation(
        "one claim",
        "payments/charging/claims.py",
        ".exclude(state=OrderState.CLAIMED)",
        "",
        (f"{CHARGER}test_claimed_order_is_claimed_by_nobody_else",),
    ),
    Mutation(
        "time left of the lease",
        "payments/charging/claims.py",
        "self._held().filter(lease_until__gt=database_time(CALLS))",
        "self._held()",
        (f"{CHARGER}test_charge_does_not_begin_shortly_before_the_lease_ends",),
    ),
    Mutation(
        "stored only",
        "payments/charging/claims.py",
        "if stored is None or (stored.provider, stored.reference) != (order.provider, order.reference):",
        "if stored is None:",
        (f"{CHARGER}test_reference_that_is_no_longer_stored_is_not_charged",),
    ),
    Mutation(
        "lease token",
        "payments/charging/claims.py",
        "Order.objects.filter(lease_token=self.lease_token, state=OrderState.CLAIMED)",
        "Order.objects.all()",
        (f"{CHARGER}test_charger_that_was_frozen_past_its_lease_confirms_nothing",),
    ),
    Mutation(
        "ask after a death",
        "payments/charging/claims.py",
        'abandoned.filter(reference="").update',
        "abandoned.update",
        (f"{CHARGER}test_abandoned_order_with_a_reference_is_asked_about_first",),
    ),
    Mutation(
        "unknown outcome",
        "payments/charging/outcomes.py",
        "self.claim.release(order, OrderState.UNKNOWN, self.now + ASK_AGAIN)",
        "self.claim.release(order, OrderState.OPEN, self.now + ASK_AGAIN)",
        (f"{CHARGER}test_lost_answer_is_settled_by_asking_and_never_charged_again",),
    ),
    Mutation(
        "adapter that fails",
        "payments/charging/calls.py",
        "return Outcome(OutcomeKind.UNKNOWN, code=type(error).__name__)",
        "return Outcome(OutcomeKind.DECLINED, code=type(error).__name__)",
        (f"{CHARGER}test_provider_that_fails_may_have_taken_the_money",),
    ),
    Mutation(
        "close first",
        "payments/charging/first_calls.py",
        "return FirstCall.CLOSE if may_charge and not at_the_page else FirstCall.ASK",
        "return FirstCall.ASK",
        (f"{CHARGER}test_page_is_closed_before_its_order_is_charged",),
    ),
    Mutation(
        "closed before the charge",
        "payments/charging/stages.py",
        "elif outcome.kind is Kind.CLOSED:\n            return",
        "elif outcome.kind is Kind.CLOSED or call is FirstCall.CLOSE:\n            return",
        (f"{CHARGER}test_order_is_not_charged_while_its_page_is_not_seen_closed",),
    ),
    Mutation(
        "subscriber at the page",
        "payments/charging/first_calls.py",
        "if may_charge and not at_the_page else",
        "if may_charge else",
        (f"{CHARGER}test_subscriber_who_has_just_opened_the_page_is_left_alone",),
    ),
    Mutation(
        "agreed amount",
        "payments/charging/first_calls.py",
        " and order.amount <= renewal.charge",
        "",
        (f"{CHARGER}test_nobody_is_charged_more_than_was_agreed",),
    ),
    Mutation(
        "removed method",
        "payments/charging/first_calls.py",
        "renewal.method.removed_at is None and ",
        "",
        (f"{CHARGER}test_removed_method_is_not_charged",),
    ),
    Mutation(
        "new key per try",
        "payments/charging/stages.py",
        "self.provider.charge(order.reference, method_of(order), order.attempts)",
        "self.provider.charge(order.reference, method_of(order), 1)",
        (f"{CHARGER}test_new_key_is_used_for_every_try",),
    ),
    Mutation(
        "money of the page",
        "payments/charging/stages.py",
        "        if outcome.kind in MONEY:\n            self.recorder.money(order, outcome)\n"
        "        elif outcome.kind is Kind.CLOSED:\n            return",
        "        if outcome.kind is Kind.CLOSED:\n            return",
        (f"{CHARGER}test_page_that_was_paid_is_not_charged_again",),
    ),
    Mutation(
        "stopped before it begins",
        "payments/charging/claims.py",
        "way=Order.Way.CHARGE, close_requested_at=None)",
        "way=Order.Way.CHARGE)",
        (f"{ENDED}test_charge_that_has_not_begun_when_the_subscriber_stops_it_never_begins",),
    ),
    Mutation(
        "closing asked for during a claim",
        "payments/charging/claims.py",
        "due_at if order.close_requested_at else _due_unless_to_be_closed(due_at)",
        "due_at",
        (
            f"{ENDED}test_order_that_is_to_be_closed_stays_due_whatever_the_charger_gives_back",
            f"{ENDED}test_plan_that_is_planned_during_a_declined_charge_is_charged_in_time",
        ),
    ),
    Mutation(
        "surplus of what is to be closed",
        "payments/charging/outcomes.py",
        "if order.is_open and (order.close_requested_at or is_in_full):",
        "if False:",
        (
            f"{CLOSED}test_change_that_was_paid_after_the_renewal_is_void_and_can_be_ordered_again",
            f"{CLOSED}test_renewal_that_was_paid_for_the_old_plan_gives_way_to_one_of_the_new_plan",
        ),
    ),
    Mutation(
        "card saved since",
        "payments/received_money/settling.py",
        "charged.exclude(method__saved_at__gt=since)",
        "charged",
        (f"{NEWEST_METHOD}test_payment_that_is_told_again_brings_no_older_card_back",),
    ),
    Mutation(
        "card removed since",
        "payments/received_money/settling.py",
        "if not forgotten and removed.exists():",
        "if False:",
        (f"{NEWEST_METHOD}test_payment_that_is_told_again_brings_no_removed_card_back",),
    ),
    Mutation(
        "time given for a debit",
        "payments/charging/outcomes.py",
        "                end_extension(order, self.now)\n            due_at",
        "                pass\n            due_at",
        (f"{GRACE}test_money_that_does_not_arrive_leaves_the_grace_of_the_plan_and_a_day_to_pay",),
    ),
    Mutation(
        "planned tries",
        "payments/charging/tries.py",
        "(timedelta(), DAY, 3 * DAY, 5 * DAY, 7 * DAY)",
        "(timedelta(), DAY, 3 * DAY, 5 * DAY)",
        (f"{CHARGER}test_declined_charge_is_tried_again_on_the_planned_days_and_then_waits",),
    ),
    Mutation(
        "hour before access ends",
        "payments/charging/tries.py",
        "latest = grace_until - LAST_BEFORE_AN_END",
        "latest = grace_until",
        (f"{TRIES}test_no_try_lies_within_an_hour_of_the_end_of_grace",),
    ),
    Mutation(
        "spread over the day",
        "payments/charging/tries.py",
        "(order.subscription_id or 0) % SPREAD_MINUTES",
        "0",
        (f"{TRIES}test_first_tries_are_spread_and_end_before_the_period_does",),
    ),
    Mutation(
        "no try for good",
        "payments/charging/outcomes.py",
        "if outcome.kind in FOR_THE_SUBSCRIBER:",
        "if False:",
        (f"{CHARGER}test_charge_that_needs_the_subscriber_is_not_tried_again",),
    ),
    Mutation(
        "failure is told",
        "payments/charging/outcomes.py",
        "announce_failed(order, outcome.code[:LONGEST_CODE], due_at, self.now)",
        "pass",
        (f"{CHARGER}test_declined_charge_is_tried_again_on_the_planned_days_and_then_waits",),
    ),
    Mutation(
        "money on its way",
        "payments/received_money/settling.py",
        "waiting.update(state=OrderState.PENDING",
        "waiting.update(state=OrderState.OPEN",
        (f"{CHARGER}test_money_on_its_way_is_asked_about_until_it_arrives",),
    ),
)
