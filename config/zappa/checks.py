"""System checks of the deployment, run by `manage.py check`, or alone by `manage.py check --tag zappa`.

The file as a whole:
- config.E001: zappa_settings.json cannot be read, or is not JSON.
- config.E002: a stage extends an unknown stage, or itself in a circle.
- config.E003: a value has a type that Zappa cannot handle.

Events (config/zappa/event_checks.py):
- config.E010: the function cannot be imported.
- config.E011: the function is not a plain function of exactly `(event, context)`.
- config.E012: two schedules share a rule name, so one of them is lost.
- config.E013: a rule name is so long that Zappa shortens it.
- config.E014: Zappa's handler cannot extract the function from the rule name.
- config.E015: AWS would refuse the `rate()` or `cron()`.
- config.E016: the event has no trigger, or more than one.
- config.E017: an SNS topic invokes the function directly.
- config.E018: two stages or two functions read from the same queue.
- config.E019: the event source is not an SQS queue.
- config.W063: a stage lacks a job that another stage runs.

Stage settings (config/zappa/stage_checks.py):
- config.E020: `project_name` is not set.
- config.E021: `debug` is not false.
- config.E022: `log_level` is not set, is DEBUG, or is not in upper case.
- config.E023: `dead_letter_arn` is not set.
- config.E024: `keep_warm` is not false.
- config.E025: `use_precompiled_packages` is not false.
- config.E026: `manage_roles` is not false.
- config.E027: `INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT` is missing from `aws_environment_variables`.
- config.E028: `exception_handler` is set.
- config.E029: `lambda_handler` is not this project's handler.
- config.E033: `aws_environment_variables` contains LOCAL_CLOCK, which is for the local stack only.
- config.E034: `aws_environment_variables` lacks a variable without which the service does not start.
- config.E035: `SES_FROM_ADDRESS` in `aws_environment_variables` is not an e-mail address.
- config.E038: `num_retained_versions` is not null.
- config.E039: `lambda_concurrency` is not a positive integer.
- config.E061: `stack_parameters` is not an object of strings.
- config.E060: `aws_environment_variables` contains a variable that Lambda refuses (config/zappa/variable_checks.py).
- config.W062: a variable in the stage or in the environment of `manage.py` is no longer used.
- config.E055: `s3_bucket` is not set.

Region and site of a stage (config/zappa/region_checks.py, config/zappa/site_checks.py):
- config.E050: `aws_region` is missing, or in a partition other than `aws`.
- config.E051: an ARN belongs to another region or partition than the stage.
- config.E052: `SITE_URL` is not an https URL.
- config.E053: the host of `SITE_URL` is not in `ALLOWED_HOSTS`, so every link is answered with 400.
- config.E054: `ALLOWED_HOSTS` lacks the region's API Gateway, where a deployment is tested.

Gate (config/zappa/gate_checks.py); a deployment checks the database of the function's secret too:
- config.E080: a stage has `GATE_TABLE` and waits for its database less than `GATE_AHEAD_SECONDS` - 50: 25 s by default.
- config.E081: a stage has `GATE_TABLE` and a scheduled job without a `next_due` in `registries.DUE_WORK`.
- config.E082: `GATE_TABLE` is set and the database is not PostgreSQL.
- config.E083: `GATE_TABLE` is set and the database has the name or port of a proxy or pooler, which keep it awake.
- config.E084: `GATE_TABLE` is set and a connection to the database is kept between requests.

Secrets:
- config.E030: the file contains a value that looks like a secret (config/zappa/plaintext_secrets.py).
- config.E031: `environment_variables` is used, which is plain text in the zip.
- config.E032: `remote_env` is used, which is plain text on S3.

Django:
- config.E040: the database on Lambda is SQLite.
- config.E041: the isolation level is not pinned to READ COMMITTED.
- config.E042: PostgreSQL runs transactions at a stricter level (`check --database default` and `migrate` test it).
- config.E043: a database router writes models of this service to another database than `default`.
"""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, connections, router, transaction

from foundation.orm.isolation import IS_STRICT


@register("zappa")
def check_zappa_settings(**options: Any) -> list[CheckMessage]:
    """Check zappa_settings.json beside manage.py. Skipped on Lambda, because it was checked before the deployment."""
    return [] if settings.ON_LAMBDA else check_file(settings.BASE_DIR / "zappa_settings.json")


@register("zappa")
def check_environment(**options: Any) -> list[CheckMessage]:
    """Warn of variables in this process's environment that the service ignores."""
    # As in check_file: not needed by a cold start.
    from config.zappa.variable_checks import warn_of_removed  # noqa: PLC0415

    return warn_of_removed(os.environ, "environment")


@register("zappa")
def check_gate(**options: Any) -> list[CheckMessage]:
    """Check what the gate needs of the database, where there is one."""
    if not settings.GATE_TABLE:
        return []
    from config.zappa.gate_checks import check_database as check_gated  # noqa: PLC0415 - as in check_environment

    return check_gated(settings.DATABASES[DEFAULT_DB_ALIAS], os.environ)


@register("zappa")
def check_database(**options: Any) -> list[CheckMessage]:
    """Refuse SQLite on Lambda: each sandbox would have its own database file and lose it."""
    engines = {database["ENGINE"] for database in settings.DATABASES.values()}
    if not settings.ON_LAMBDA or "django.db.backends.sqlite3" not in engines:
        return []
    hint = "Set DATABASE_URL to postgres://user:password@host:port/name."
    return [Error("SQLite does not work on Lambda", hint=hint, obj="DATABASES", id="config.E040")]


@register("zappa")
def check_router(**options: Any) -> list[CheckMessage]:
    """Require a single database for writes. Reads may go to a replica.

    One transaction covers a transition, its event, notifications and access.
    """
    elsewhere = [model._meta.label for model in apps.get_models() if router.db_for_write(model) != DEFAULT_DB_ALIAS]
    if not elsewhere:
        return []
    hint = "Let db_for_write of DATABASE_ROUTERS return 'default' for: " + ", ".join(elsewhere)
    text = "transitions would be written to several databases without a common transaction"
    return [Error(text, hint=hint, obj="DATABASE_ROUTERS", id="config.E043")]


ISOLATION_HINT = (
    "Leave isolation_level in DATABASES as config/settings.py sets it; docs/explanation/transitions.md says why."
)


@register("zappa")
def check_isolation(**options: Any) -> list[CheckMessage]:
    """Require a pinned isolation level.

    The locks are designed for READ COMMITTED, and the default of a role or database may differ.
    """
    return [
        Error(f"the isolation level of {alias!r} is not pinned", hint=ISOLATION_HINT, obj="DATABASES", id="config.E041")
        for alias, database in settings.DATABASES.items()
        if database["ENGINE"].endswith("postgresql")
        and database.get("OPTIONS", {}).get("isolation_level") != settings.READ_COMMITTED
    ]


@register(Tags.database)
def check_transactions(databases: Collection[str] | None = None, **options: Any) -> list[CheckMessage]:
    """Query the isolation level of a transaction on each PostgreSQL database."""
    aliases = [alias for alias in databases or () if connections[alias].vendor == "postgresql"]
    return [
        Error(f"{alias!r} runs stricter than READ COMMITTED", hint=ISOLATION_HINT, obj="DATABASES", id="config.E042")
        for alias in aliases
        if _is_strict(alias)
    ]


def _is_strict(alias: str) -> bool:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT {IS_STRICT}")
        return bool(cursor.fetchone()[0])


def check_file(path: Path) -> list[CheckMessage]:
    """Return every problem of a zappa_settings.json."""
    # This module is imported at each cold start; the imports are needed for deploying only.
    from config.zappa.event_checks import check_events  # noqa: PLC0415
    from config.zappa.gate_checks import check_gates  # noqa: PLC0415
    from config.zappa.region_checks import check_regions  # noqa: PLC0415
    from config.zappa.site_checks import check_sites  # noqa: PLC0415
    from config.zappa.stage_checks import check_secrets, check_stages  # noqa: PLC0415
    from config.zappa.stages import ZappaSettingsError, read_document, read_stages  # noqa: PLC0415
    from config.zappa.variable_checks import check_variables  # noqa: PLC0415

    try:
        document = read_document(path)
        stages = read_stages(document)
    except ZappaSettingsError as error:
        return [Error(str(error), obj=path.name, id=error.check_id)]
    by_stage = check_stages(stages) + check_variables(stages) + check_regions(stages) + check_sites(stages)
    by_stage += check_gates(stages)
    return check_secrets(document) + by_stage + check_events(stages)
