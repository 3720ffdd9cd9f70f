"""Rules behind the promises, the code without each, and the tests that then fail."""

from tests.proofs.mutations.charging import CHARGING_RULES
from tests.proofs.mutations.gate import GATE_RULES
from tests.proofs.mutations.mutation import Mutation
from tests.proofs.mutations.renewals import RENEWAL_RULES
from tests.proofs.mutations.storms import STORMS

OUTBOX = "tests/notifications/outbox/test_claims.py"
CONFORMANCE = "tests/proofs/protocol/test_conformance.py::test_the_code_does_to_the_row_what_the_model_does"

DELIVERY = (
    Mutation(
        "fence",
        "notifications/models/notification.py",
        "return self.filter(lease_token=lease_token, state=State.SENDING)",
        "return self.filter(state=State.SENDING)",
        (f"{OUTBOX}::test_deliverer_that_was_overtaken_changes_nothing", CONFORMANCE),
    ),
    Mutation(
        "intent",
        "notifications/outbox/claims.py",
        "update_returning(still_held, submitted_at=database_time())",
        "update_returning(still_held, submitted_at=None)",
        (f"{OUTBOX}::test_abandoned_before_the_intent_goes_back_and_after_it_is_unknown", CONFORMANCE),
    ),
    Mutation(
        "database clock",
        "notifications/models/notification.py",
        "from django.db.models.functions import Now, Upper\n",
        "from django.db.models import Value\nfrom foundation import clock\n\n"
        "from django.db.models.functions import Upper\n\n"
        "def Now():\n    return Value(clock.now(), output_field=models.DateTimeField())\n\n",
        (f"{OUTBOX}::test_deliverer_whose_clock_is_an_hour_ahead_takes_nothing_early_and_from_nobody",),
    ),
    Mutation(
        "single attempt",
        "notifications/aws/clients.py",
        'read_timeout=READ_TIMEOUT,\n        retries={"total_max_attempts": 1}',
        'read_timeout=READ_TIMEOUT,\n        retries={"total_max_attempts": 2}',
        ("tests/notifications/aws/test_clients.py::test_lost_answer_is_unknown_after_a_single_request",),
    ),
    Mutation(
        "unique key",
        "notifications/migrations/0002_confirmations_and_reminders.py",
        "fields=('event', 'channel'), name='notification_one_per_event_and_channel'",
        "fields=('id',), name='notification_one_per_event_and_channel'",
        ("tests/notifications/test_receivers.py::test_event_is_recorded_once_a_channel_or_not_at_all",),
    ),
    Mutation(
        "unknown state",
        "notifications/outbox/claims.py",
        "if what.kind is ResultKind.UNKNOWN:\n        return _waiting(",
        "if False:\n        return _waiting(",
        (f"{OUTBOX}::test_verdict_decides_the_state", CONFORMANCE),
    ),
    Mutation(
        "enough grace",
        "config/settings.py",
        'env.optional("CONFIRMATION_GRACE_MINUTES", whole_number(16), 45)',
        'env.optional("CONFIRMATION_GRACE_MINUTES", whole_number(16), 1)',
        (
            "tests/notifications/aws/test_deadline.py::test_grace_outlasts_a_signature",
            "tests/proofs/protocol/test_delivery_protocol.py::test_durations_of_the_code_satisfy_their_constraints",
        ),
    ),
    Mutation(
        "deadline",
        "notifications/aws/clients.py",
        'client.meta.events.register("before-send", refuse_if_over)',
        "pass",
        ("tests/notifications/aws/test_deadline.py::test_request_leaves_before_its_deadline_or_never",),
    ),
    Mutation(
        "confirmation",
        "notifications/ses/feedback_ranks.py",
        "EventType.SEND: Rank.SENT,",
        "",
        ("tests/notifications/ses/test_feedback.py::test_event_moves_its_mail", CONFORMANCE),
    ),
)
"""Rules of the delivery, which sends each notification once."""

PAYMENTS = (*CHARGING_RULES, *RENEWAL_RULES)
MUTATIONS = (*DELIVERY, *PAYMENTS, *STORMS, *GATE_RULES)
