"""Rules behind the promises that nobody is charged otherwise than agreed, and that money is recorded once."""

from tests.proofs.mutations.mutation import Mutation

RENEWALS = "tests/payments/charging/test_renewal_orders.py::"
SECOND = "tests/payments/charging/test_second_subscriptions.py::"
RECORDING = "tests/payments/received_money/test_recording.py::"
SHARED = "tests/payments/webhooks/test_shared_account.py::"
EARLY = "tests/payments/charging/test_early_orders.py::"
GRACE = "tests/payments/orders/test_grace.py::"
NEWEST_METHOD = "tests/payments/methods/test_newest_method.py::"

RENEWAL_RULES = (
    Mutation(
        "automatic only",
        "payments/charging/renewal_orders.py",
        "        renewal__auto_renew=True,\n",
        "",
        (f"{RENEWALS}test_subscription_that_does_not_renew_by_itself_gets_no_order",),
    ),
    Mutation(
        "not when cancelled",
        "payments/charging/renewal_orders.py",
        "        status=Subscription.Status.ACTIVE,\n",
        "",
        (f"{RENEWALS}test_cancelled_subscription_gets_no_order",),
    ),
    Mutation(
        "a day before the end",
        "payments/charging/renewal_orders.py",
        "end_date__lte=now + RENEWAL_AHEAD",
        "end_date__lte=now + 2 * RENEWAL_AHEAD",
        (f"{RENEWALS}test_order_opens_a_day_before_the_end_and_once",),
    ),
    Mutation(
        "asked again under the locks",
        "payments/charging/renewal_orders.py",
        "keys = still_found(ending, claimed)",
        "keys = [subscription.pk for subscription in claimed]",
        (f"{RENEWALS}test_order_that_was_committed_just_before_the_locks_is_seen",),
    ),
    Mutation(
        "agreed price",
        "payments/charging/renewal_orders.py",
        "amount=renewal.charge,",
        "amount=plan.price,",
        (f"{RENEWALS}test_nobody_is_charged_more_than_they_agreed_to",),
    ),
    Mutation(
        "cancelled order",
        "payments/receivers.py",
        "    if transition is Transition.CANCELLED:\n        _close",
        "    if False:\n        _close",
        (f"{RENEWALS}test_cancelling_makes_an_order_void_of_which_the_provider_knows_nothing",),
    ),
    Mutation(
        "renewed otherwise",
        "payments/receivers.py",
        "elif transition is Transition.RENEWED:",
        "elif False:",
        (f"{RENEWALS}test_renewal_by_an_operator_ends_the_order_that_waited",),
    ),
    Mutation(
        "expired order",
        "payments/receivers.py",
        "elif transition is Transition.EXPIRED:",
        "elif False:",
        (f"{RENEWALS}test_expiry_gives_up_an_order_that_was_tried",),
    ),
    Mutation(
        "stays cancelled",
        "payments/received_money/recording.py",
        "if was_cancelled:",
        "if not was_cancelled:",
        (f"{RENEWALS}test_money_that_moved_before_a_cancellation_gives_the_period_and_stays_cancelled",),
    ),
    Mutation(
        "planned plan bought besides",
        "payments/charging/renewal_orders.py",
        "if wanted in planned or renewal.is_second:",
        "if wanted in planned:",
        (f"{SECOND}test_planned_plan_that_was_bought_meanwhile_is_not_charged_and_the_owner_is_told",),
    ),
    Mutation(
        "renewal without an order ends",
        "payments/received_money/recording.py",
        "if renewed is not None and renewed != order.subscription:",
        "if False:",
        (f"{SECOND}test_planned_plan_that_is_bought_while_its_order_is_open_is_charged_once",),
    ),
    Mutation(
        "one active per plan",
        "subscriptions/bought_periods.py",
        "if plan.has_others:",
        "if not plan.pk:",
        (f"{RECORDING}test_renewal_of_what_has_ended_ends_the_one_that_is_due_and_not_yet_swept",),
    ),
    Mutation(
        "amount of the order",
        "payments/received_money/recording.py",
        "order.is_open and (order.amount, order.currency) == (money.amount, money.currency)",
        "order.is_open",
        (f"{RECORDING}test_another_amount_or_currency_is_a_surplus_and_the_order_stays_open",),
    ),
    Mutation(
        "finished order",
        "payments/received_money/recording.py",
        "return order.is_open and (",
        "return (",
        (f"{RECORDING}test_money_for_a_void_order_is_a_surplus",),
    ),
    Mutation(
        "signed number of an order",
        "payments/facts.py",
        "if order is not None and not fact.is_proven and fact.reference != order.reference:",
        "if False:",
        (
            f"{SHARED}test_money_for_anothers_order_of_the_same_number_pays_none_of_ours",
            f"{SHARED}test_card_of_who_paid_anothers_order_is_never_charged_for_ours",
        ),
    ),
    Mutation(
        "signed number of a user",
        "payments/providers/stripe/facts.py",
        'metadata.get("user", "") if is_ours(metadata, "user") else ""',
        'metadata.get("user", "")',
        (f"{SHARED}test_card_of_anothers_user_of_the_same_number_is_never_ours",),
    ),
    Mutation(
        "asked and never charged",
        "payments/facts.py",
        "elif not is_chargeable(order, money.provider):",
        "else:",
        (f"{SHARED}test_money_for_anothers_order_makes_no_charge_of_ours_due",),
    ),
    Mutation(
        "charged a day before",
        "payments/charging/first_calls.py",
        "return is_near(order, now) and is_chargeable(order, provider)",
        "return is_chargeable(order, provider)",
        (f"{EARLY}test_order_whose_page_expires_is_charged_no_earlier_than_any_other",),
    ),
    Mutation(
        "grace ends with renewal",
        "payments/renewal/automatic_renewal.py",
        "    grace.take_back(subscription_id)\n",
        "",
        (f"{GRACE}test_late_subscription_ends_at_once_when_nothing_renews_it_any_more",),
    ),
    Mutation(
        "money on its way",
        "payments/orders/grace.py",
        "granted.filter(~Exists(renews), ~Exists(_may_be_on_its_way()))",
        "granted.filter(~Exists(renews))",
        (
            f"{GRACE}test_money_on_its_way_keeps_the_grace_period_when_renewal_is_turned_off",
            f"{GRACE}test_charge_without_an_answer_keeps_the_grace_period_until_it_is_closed",
        ),
    ),
    Mutation(
        "card that was entered last",
        "payments/methods/reported_methods.py",
        '"saved_at": _entered_at(fact, now)',
        '"saved_at": now',
        (f"{NEWEST_METHOD}test_older_message_does_not_beat_a_newer_card",),
    ),
    Mutation(
        "provider's clock",
        "payments/methods/reported_methods.py",
        "return min(fact.made_at, now)",
        "return fact.made_at",
        (f"{NEWEST_METHOD}test_card_saved_after_a_message_from_a_clock_ahead_is_the_last_one",),
    ),
    Mutation(
        "charged by our clock",
        "payments/methods/reported_methods.py",
        "replace_method(user, provider, fact.method, now, _entered_at(fact, now))",
        "replace_method(user, provider, fact.method, fact.made_at)",
        (f"{NEWEST_METHOD}test_card_of_a_provider_whose_clock_is_ahead_is_charged_by_ours",),
    ),
)
