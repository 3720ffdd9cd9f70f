"""Renew due subscriptions while others sweep them: `python -m benchmarks.sweep.renew FIRST STEP NUMBER`.

Renews NUMBER subscriptions with the keys FIRST, FIRST + STEP and so on. Prints a line when warm, starts at a line on
standard input, and prints the number of renewals.
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
