"""Tables of this app by whether their rows may make work due."""

from foundation.due_work import harmless, opening

TABLES = (
    *opening(
        "subscriptions.Plan",
        "subscriptions.Plan_groups",
        "subscriptions.Subscription",
        "subscriptions.SubscriptionEvent",
        # An audit that did not check all users, such as one by hand, is followed by another at once.
        "subscriptions.AccessAuditRun",
    ),
    *harmless("subscriptions.IdempotentRequest", "subscriptions.SweepRun"),
)
