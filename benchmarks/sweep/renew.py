"""Renews due subscriptions while others sweep them: `python -m benchmarks.sweep.renew FIRST STEP NUMBER`.

Those with the keys FIRST, FIRST + STEP and so on, NUMBER of them, one after the other. Prints a line when it is warm,
starts at a line on standard input, and prints how many it renewed.
"""

import sys

from benchmarks.local_django import set_up_local_django
from benchmarks.sweep.fill import NOW

if __name__ == "__main__":
    set_up_local_django()
    from subscriptions.models import Subscription
    from subscriptions.services import SubscriptionService

    first, step, number = map(int, sys.argv[1:])
    Subscription.objects.count()
    print("warm", flush=True)
    sys.stdin.readline()
    for key in range(first, first + step * number, step):
        SubscriptionService.renew_subscription(Subscription.objects.get(pk=key), now=NOW)
    print(number)
