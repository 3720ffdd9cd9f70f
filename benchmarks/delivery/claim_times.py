"""Measure the duration of claims: `python -m benchmarks.delivery.claim_times CHANNEL LIMIT`.

Claims LIMIT rows CLAIMS times on the database of `DATABASE_URL`, and finishes each claim as accepted. Prints the
seconds of each claim as JSON.
"""

import json
import sys
import time

from benchmarks.local_django import set_up_local_django

CLAIMS = 200


def main(channel_name: str, limit: int) -> None:
    """Claim, measure, print."""
    set_up_local_django()
    # Imported late: these load models.
    from benchmarks.delivery.run import let_wait  # noqa: PLC0415
    from notifications.aws.results import Result, ResultKind  # noqa: PLC0415
    from notifications.models import Channel  # noqa: PLC0415
    from notifications.outbox import claims  # noqa: PLC0415

    channel = Channel(channel_name)
    let_wait(channel, CLAIMS * limit)
    accepted = Result(ResultKind.ACCEPTED, message_id="m")
    seconds = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        claim = claims.claim(channel, limit)
        seconds.append(time.perf_counter() - began)
        keys = [row.pk for row in claim.notifications]
        claim.finish(dict.fromkeys(claim.submit(keys), accepted))
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
