"""Print the consistency of the data after sweeps and renewals: `python -m benchmarks.sweep.state`.

Prints as JSON the numbers of expired subscriptions, of their events, and of users with wrong access.
"""

import json

from benchmarks.local_django import set_up_local_django
from benchmarks.sweep.fill import NOW

if __name__ == "__main__":
    set_up_local_django()
    from notifications.models import Notification
    from subscriptions.access.membership import find_mismatches
    from subscriptions.models import Subscription, SubscriptionEvent, Transition

    mismatches = find_mismatches(NOW)
    expiries = SubscriptionEvent.objects.filter(transition=Transition.EXPIRED).order_by()
    state = {
        "expired": Subscription.objects.filter(expired_at=NOW).count(),
        "due": Subscription.objects.due(NOW).count(),
        "expiries": expiries.count(),
        "subscriptions_expired_in_events": expiries.values("subscription").distinct().count(),
        "renewals": SubscriptionEvent.objects.filter(transition=Transition.RENEWED).count(),
        "notifications": Notification.objects.count(),
        "stale": len(mismatches.stale),
        "missing": len(mismatches.missing),
    }
    print(json.dumps(state))
