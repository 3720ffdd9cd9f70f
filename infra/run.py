"""What `make run` runs: the whole service on this machine, with a local AWS.

    python -m infra.run [--once]

The database, logs and mails are kept in `.local`, or where LOCAL_DIR says.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from infra.lambda_function import LambdaFunction
from infra.local_environment import be_local
from infra.site import Site
from infra.zappa_stage import load_stage

STAGE = "dev"
PROJECT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run until SIGINT or SIGTERM, or once; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.run", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--once", action="store_true", help="end after the first sweep and delivery; 1 if figures differ"
    )
    once: bool = parser.parse_args().once
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(Path(os.environ.get("LOCAL_DIR", PROJECT / ".local")), once=once)
    except KeyboardInterrupt:
        print("\nStopped before it was up.")
        return 0


def _run(directory: Path, *, once: bool) -> int:
    print("Starting Django ...", flush=True)
    directory.mkdir(parents=True, exist_ok=True)
    site = Site()
    be_local(DATABASE_URL=f"sqlite:///{directory.resolve() / 'db.sqlite3'}", SITE_URL=site.url)
    stage = load_stage(STAGE)
    function = LambdaFunction(stage)
    # The rest loads models, which needs the Django that Zappa's handler has set up by now.
    from infra.local_service import LocalService  # noqa: PLC0415

    return LocalService(directory, site, stage, function).run(once=once)


if __name__ == "__main__":
    sys.exit(main())
