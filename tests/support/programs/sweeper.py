"""Sweep on command: `python -m tests.support.programs.sweeper BATCH_SIZE LIMIT INSTANT`.

Prints `ready` once Django is up and the database connected, and starts at a line on standard input. Prints `holding`
when its first batch is written but not committed, and continues at another line. Prints the number expired.
"""

import os
import sys
from datetime import datetime

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    # Models load only once Django is set up.
    from django.db import connection

    from subscriptions.services import SubscriptionService
    from subscriptions.signals import subscriptions_transitioned

    def hold(**_: object) -> None:
        subscriptions_transitioned.disconnect(hold)
        say("holding")
        sys.stdin.readline()

    def say(what: object) -> None:
        print(what, flush=True)  # noqa: T201 - the protocol of this program

    batch_size, limit, now = int(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
    connection.ensure_connection()
    subscriptions_transitioned.connect(hold)
    say("ready")
    sys.stdin.readline()
    say(SubscriptionService.sweep(now=now, batch_size=batch_size, limit=limit).expired)
