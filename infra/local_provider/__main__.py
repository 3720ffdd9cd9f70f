"""`python -m infra.local_provider [--port 12111] [--ledger FILE] [--webhook-url URL] ...`: run until it is ended.

Prints its address in the first line.
"""

import argparse
import signal
import sys
from pathlib import Path

from infra.local_provider.provider import SECRET_KEY, WEBHOOK_SECRET, LocalProvider
from infra.local_provider.provider_clock import system_time, time_moved_by

PORT = 12_111


def main() -> int:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m infra.local_provider", description="A local payment provider")
    parser.add_argument("--port", type=int, default=PORT, help=f"{PORT} by default; another if it is taken")
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="SQLite file that is kept; in memory by default")
    parser.add_argument("--webhook-url", default="", metavar="URL", help="address that signed events are sent to")
    parser.add_argument("--webhook-secret", default=WEBHOOK_SECRET, metavar="SECRET", help="of the signatures")
    parser.add_argument("--secret-key", default=SECRET_KEY, metavar="KEY", help="of the API")
    parser.add_argument("--clock", type=Path, metavar="FILE", help="seconds by which its clock is ahead")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    provider = LocalProvider(
        port=arguments.port,
        file=arguments.ledger,
        now=time_moved_by(arguments.clock) if arguments.clock else system_time,
        webhook_url=arguments.webhook_url,
        webhook_secrets=[arguments.webhook_secret],
        secret_key=arguments.secret_key,
    )
    try:
        with provider:
            print(provider.url, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
