"""Tables of this app by whether their rows may make work due."""

from foundation.due_work import harmless, opening

TABLES = (
    *opening(
        "subscriptions.Plan",
        "subscriptions.Plan_groups",
        "subscriptions.Subscription",
        "subscriptions.SubscriptionEvent",
    ),
    *harmless("subscriptions.IdempotentRequest", "subscriptions.SweepRun", "subscriptions.AccessAuditRun"),
)
