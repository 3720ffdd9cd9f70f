"""System checks of what is deployed, run by `manage.py check`, or alone by `manage.py check --tag zappa`.

The file as a whole:
- config.E001: zappa_settings.json cannot be read, or is not JSON.
- config.E002: a stage extends one that does not exist, or itself in a circle.
- config.E003: a value has a type that Zappa cannot work with.

Events (config/zappa/event_checks.py):
- config.E010: the function cannot be imported.
- config.E011: the function is not a plain one of exactly `(event, context)`.
- config.E012: two schedules share a rule's name, so one of them is lost.
- config.E013: a rule's name is so long that Zappa shortens it.
- config.E014: Zappa's handler cannot tell the function from the rule's name.
- config.E015: AWS would refuse the `rate()` or `cron()`.
- config.E016: the event has no trigger, or more than one.
- config.E017: an SNS topic invokes the function directly.
- config.E018: two stages, or two functions, take messages from one queue.
- config.E019: the event source is no queue of SQS.

Settings of a stage (config/zappa/stage_checks.py):
- config.E020: `project_name` is not set.
- config.E021: `debug` is not false.
- config.E022: `log_level` is not set, is DEBUG, or is not in upper case.
- config.E023: `dead_letter_arn` is not set.
- config.E024: `keep_warm` is not false.
- config.E025: `use_precompiled_packages` is not false.
- config.E026: `manage_roles` is not false.
- config.E027: `INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT` is missing from `aws_environment_variables`.
- config.E028: `exception_handler` is set.
- config.E029: `lambda_handler` is not the one of this project.
- config.E033: `aws_environment_variables` has LOCAL_CLOCK, by which the local stack moves the time.
- config.E034: `aws_environment_variables` lacks what the service does not start without.
- config.E035: `SES_FROM_ADDRESS` in `aws_environment_variables` is no address.
- config.E038: `num_retained_versions` is not null.
- config.E039: `lambda_concurrency` is no number of sandboxes.
- config.E061: `stack_parameters` is no object of texts.
- config.E060: `aws_environment_variables` has what Lambda does not take (config/zappa/variable_checks.py).
- config.W062: a variable, here or in the environment of `manage.py`, is one that the service no longer reads.
- config.E055: `s3_bucket` is not set.

Region and site of a stage (config/zappa/region_checks.py, config/zappa/site_checks.py):
- config.E050: `aws_region` is missing, or of a partition other than `aws`.
- config.E051: an ARN is of another region or partition than the stage.
- config.E052: `SITE_URL` is no https address.
- config.E053: the host of `SITE_URL` is not in `ALLOWED_HOSTS`, so every link is answered with 400.
- config.E054: `ALLOWED_HOSTS` lacks the region's API Gateway, where a deployment is tested.

Secrets:
- config.E030: the file holds what looks like a secret (config/zappa/plaintext_secrets.py).
- config.E031: `environment_variables` is used, which is plain text in the zip.
- config.E032: `remote_env` is used, which is plain text on S3.

Django:
- config.E040: the database on Lambda is SQLite.
- config.E041: the settings leave the isolation level to PostgreSQL, or pin another one than READ COMMITTED.
- config.E042: PostgreSQL runs transactions at a stricter level. `manage.py check --database default` and `migrate` ask.
- config.E043: a database router writes models of this service elsewhere than to `default`.
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
    """zappa_settings.json beside manage.py. What is deployed was checked before, so on Lambda it is not read again."""
    return [] if settings.ON_LAMBDA else check_file(settings.BASE_DIR / "zappa_settings.json")


@register("zappa")
def check_environment(**options: Any) -> list[CheckMessage]:
    """Warn of variables in this process's environment that the service ignores."""
    # As in check_file: not needed by a cold start.
    from config.zappa.variable_checks import warn_of_removed  # noqa: PLC0415

    return warn_of_removed(os.environ, "environment")


@register("zappa")
def check_database(**options: Any) -> list[CheckMessage]:
    """Each sandbox of a Lambda function would have a database file of its own, and lose it."""
    engines = {database["ENGINE"] for database in settings.DATABASES.values()}
    if not settings.ON_LAMBDA or "django.db.backends.sqlite3" not in engines:
        return []
    hint = "Set DATABASE_URL to postgres://user:password@host:port/name."
    return [Error("SQLite does not work on Lambda", hint=hint, obj="DATABASES", id="config.E040")]


@register("zappa")
def check_router(**options: Any) -> list[CheckMessage]:
    """One transaction holds a transition, its event, notifications and access. Reads may go to a replica."""
    elsewhere = [model._meta.label for model in apps.get_models() if router.db_for_write(model) != DEFAULT_DB_ALIAS]
    if not elsewhere:
        return []
    hint = "Let db_for_write of DATABASE_ROUTERS return 'default' for: " + ", ".join(elsewhere)
    text = "transitions would be written to several databases, in no common transaction"
    return [Error(text, hint=hint, obj="DATABASE_ROUTERS", id="config.E043")]


ISOLATION_HINT = "Leave isolation_level in DATABASES as config/settings.py sets it; docs/decisions.md says why."


@register("zappa")
def check_isolation(**options: Any) -> list[CheckMessage]:
    """Locks are judged at READ COMMITTED; a role or a database may have a stricter default."""
    return [
        Error(f"the isolation level of {alias!r} is not pinned", hint=ISOLATION_HINT, obj="DATABASES", id="config.E041")
        for alias, database in settings.DATABASES.items()
        if database["ENGINE"].endswith("postgresql")
        and database.get("OPTIONS", {}).get("isolation_level") != settings.READ_COMMITTED
    ]


@register(Tags.database)
def check_transactions(databases: Collection[str] | None = None, **options: Any) -> list[CheckMessage]:
    """Ask each PostgreSQL at which level it runs a transaction of ours."""
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
    """Every problem of one zappa_settings.json."""
    # This module is imported at each cold start; these are needed only where somebody deploys.
    from config.zappa.event_checks import check_events  # noqa: PLC0415
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
    return check_secrets(document) + by_stage + check_events(stages)
