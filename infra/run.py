"""`make run`: the whole service on this machine, with a local AWS.

    python -m infra.run [--once] [--lambda [ZIP]]

Database, logs and mails are kept in `.local`, or in LOCAL_DIR. With `--lambda` the function is the deployed zip in
Lambda's sandbox, and the database a temporary PostgreSQL.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

import django

from infra.lambda_local.emulator.local_aws import Emulator
from infra.lambda_local.sandbox.unpacked_package import UnpackedPackage
from infra.local.lambda_function import LambdaFunction
from infra.local.payment_provider import PaymentProvider
from infra.local.sandbox_host import SandboxHost
from infra.local.site import Site
from infra.packaging.local_environment import be_local
from infra.packaging.package import make_package
from infra.packaging.zappa_stage import load_stage
from infra.postgresql import PostgreSQL

STAGE = "dev"
NEW = Path("-")
"""Placeholder for a zip to be built."""
PROJECT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run until SIGINT or SIGTERM, or once. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.run", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--once", action="store_true", help="end after the first sweep and delivery; 1 if a result differs"
    )
    parser.add_argument(
        "--lambda", nargs="?", const=NEW, type=Path, metavar="ZIP", dest="archive",
        help="run the zip in Lambda's sandbox; without a name, make it first",
    )  # fmt: skip
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        directory = Path(os.environ.get("LOCAL_DIR", PROJECT / ".local"))
        directory.mkdir(parents=True, exist_ok=True)
        if arguments.archive:
            return _run_package(directory, arguments.archive, once=arguments.once)
        return run_here(directory, once=arguments.once)
    except KeyboardInterrupt:
        print("\nStopped before it was up.")
        return int(arguments.once)


def run_here(directory: Path, *, once: bool, emulator: Emulator | None = None) -> int:
    """Run the code of this checkout on SQLite in the directory. Return the exit status."""
    print("Starting Django ...", flush=True)
    stage, site = load_stage(STAGE), Site()
    with PaymentProvider(_clock_in(directory), ledger=directory / "provider.sqlite3") as provider:
        be_local(
            DJANGO_SETTINGS_MODULE=stage.settings_module,  # not the shell's, which may belong to another project
            DATABASE_URL=f"sqlite:///{directory.resolve() / 'db.sqlite3'}",
            SITE_URL=site.url,
            LOCAL_CLOCK=_clock_in(directory).as_uri(),
            DELIVERY_FUNCTION=stage.lambda_name,
            **provider.variables,
        )
        function = LambdaFunction(stage)
        # Imported late: these load models, which need the Django set up by Zappa's handler.
        from infra.local.local_service import LocalService  # noqa: PLC0415
        from infra.local.process_host import ProcessHost  # noqa: PLC0415

        return LocalService(directory, ProcessHost(site, function), stage, provider, emulator).run(once=once)


def _run_package(directory: Path, archive: Path, *, once: bool) -> int:
    stage = load_stage(STAGE)
    if archive == NEW:
        print("Making the zip that Zappa uploads ...", flush=True)
        archive = make_package(STAGE)
    provider = PaymentProvider(_clock_in(directory))
    with PostgreSQL() as database, UnpackedPackage(archive) as package, provider:
        log = directory / "lambda.log"
        host = SandboxHost(stage, package.directory, database_url=database.url, log=log, provider=provider)
        shared = {name: stage.variables[name] for name in ("SES_FROM_ADDRESS", "SNS_TOPIC_ARN")}
        own = {"DJANGO_SETTINGS_MODULE": stage.settings_module, "LOCAL_CLOCK": _clock_in(directory).as_uri()}
        be_local(DATABASE_URL=database.url, SITE_URL=host.url, **own, **shared, **provider.variables)
        django.setup()
        from infra.local.local_service import LocalService  # noqa: PLC0415 - it loads models

        return LocalService(directory, host, stage, provider).run(once=once)


def _clock_in(directory: Path) -> Path:
    return directory.resolve() / "clock"


if __name__ == "__main__":
    sys.exit(main())
