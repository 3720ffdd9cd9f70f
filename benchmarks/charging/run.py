"""Charge the due orders of `DATABASE_URL` at the local provider of this address: `... charging.run URL [--count]`.

Prints a Measurement as JSON, whose units are the periods that were paid. With `--count` it counts queries, and the
times are invalid.
"""

import json
import sys
from contextlib import nullcontext
from dataclasses import asdict
from datetime import timedelta

from benchmarks.charging.environment import stripe_at
from benchmarks.local_django import set_up_local_django
from benchmarks.meter import Meter

INVOCATION = timedelta(minutes=15)


def main(url: str, *, counted: bool) -> None:
    """Run the charger once, measure, print."""
    set_up_local_django(**stripe_at(url))
    # Imported late: these load models.
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from foundation import clock  # noqa: PLC0415
    from payments.charging.charger import Charger  # noqa: PLC0415
    from payments.models import Payment  # noqa: PLC0415
    from payments.providers.registry import current  # noqa: PLC0415

    provider = current()
    assert provider is not None  # noqa: S101 - the environment names it
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.queries_log.clear()
    backend: int = connection.connection.info.backend_pid
    with CaptureQueriesContext(connection) if counted else nullcontext(), Meter(backend) as meter:
        Charger(provider, clock.now, lambda: INVOCATION).run()
    queries = len(connection.queries_log)
    print(json.dumps(asdict(meter.measurement(Payment.objects.filter(surplus=False).count(), queries))))


if __name__ == "__main__":
    main(sys.argv[1], counted="--count" in sys.argv)
