"""A process that sweeps when it is told to: `python -m tests.programs.sweeper BATCH_SIZE INSTANT`.

Prints `ready` once Django is up and the database connected, starts at a line on standard input, prints how many it
expired.
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

    from subscriptions.sweep import Sweep

    batch_size, now = int(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    connection.ensure_connection()
    print("ready", flush=True)  # noqa: T201 - the protocol of this program
    sys.stdin.readline()
    print(Sweep(now=now, batch_size=batch_size).run().expired, flush=True)  # noqa: T201
