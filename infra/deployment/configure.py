"""`make configure`: ask for values that differ between accounts, and write them into zappa_settings.json."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from config.zappa.stages import Stage, ZappaSettingsError, read_document, read_stages
from infra.deployment import account_answers
from infra.deployment.deployment import Deployment
from infra.deployment.preconditions import settings_problems
from infra.deployment.settings_text import with_stages
from infra.deployment.stage_questions import StageQuestions, check_stage_name
from infra.deployment.stage_values import StageValues, configured
from infra.errors import Refused

DATABASES = {
    "none": "say where the database is: make configure STAGE={stage} PARAMETERS=Database=stack, or elsewhere",
    "stack": "make data STAGE={stage}",
    "elsewhere": "make database-url STAGE={stage}",
}
"""Next command for the database."""


def configure(deployment: Deployment, given: Mapping[str, str]) -> None:
    """Write a stage's values, given or asked for; a new stage is copied from the first one.

    Other stages stay unchanged. Raises Refused, and then writes nothing.
    """
    name, path = deployment.stage_name, deployment.settings_file
    check_stage_name(name)
    try:
        document = read_document(path)
        stages = {stage.name: stage for stage in read_stages(document)}
    except ZappaSettingsError as error:
        raise Refused(str(error)) from error
    if not stages:
        raise Refused(f"{path.name} has no stage to begin with")
    interactive = bool(sys.stdin) and sys.stdin.isatty()
    values = StageQuestions(stages.get(name), given, interactive, name).answer()
    changed = configured(document, name, values)
    _write(path, with_stages(path.read_text(encoding="utf-8"), changed))
    _show(stages.get(name), _stage(changed, name), values)


def _write(path: Path, text: str) -> None:
    """Write the file atomically. Raises Refused if the text has new problems."""
    if text == path.read_text(encoding="utf-8"):
        return
    with TemporaryDirectory(dir=path.parent, prefix=".configure-") as directory:
        candidate = Path(directory) / path.name
        candidate.write_text(text, encoding="utf-8")
        before = settings_problems(path)
        problems = [problem for problem in settings_problems(candidate) if problem not in before]
        if problems:
            raise Refused("\n".join(problems))
        candidate.chmod(path.stat().st_mode)
        os.replace(candidate, path)  # noqa: PTH105 - os.replace is explicit about replacing


def _show(before: Stage | None, after: Stage, values: StageValues) -> None:
    former = dict(_flat(before.settings)) if before else {}
    lines = [
        f"  {key}: {former.get(key, 'nothing')} -> {value}"
        for key, value in _flat(after.settings)
        if former.get(key) != value
    ]
    name, bucket = after.name, after.settings["s3_bucket"]
    print(f"Stage {name} in zappa_settings.json:")
    print("\n".join(lines) if before and lines else "  made" if lines else "  nothing changed")
    print(f"Bucket {bucket}: {account_answers.bucket(bucket, values.region)}")
    print(f"Next: make stack STAGE={name}; {DATABASES[values.database].format(stage=name)}; make deploy STAGE={name}")


def _flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Return the values within, by path."""
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for key, inner in entries for found in _flat(inner, f"{path}.{key}" if path else str(key))]
    return [(path, value if isinstance(value, str) else json.dumps(value))]


def _stage(document: Mapping[str, Mapping[str, Any]], name: str) -> Stage:
    return next(stage for stage in read_stages(document) if stage.name == name)
