"""Lambda entry point: Zappa's handler behind the allow-list of events.

zappa_settings.json names it as `lambda_handler`. Importing it starts Django; a failed start is an init error, after
which Lambda tries a fresh sandbox.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.aws_lambda.zappa_start import start_zappa

ZAPPA = start_zappa()

# These load Django too, but more slowly than `start_zappa` does.
from django.conf import settings  # noqa: E402

from config.aws_lambda.admission import InvocationRules, RefusedInvocation  # noqa: E402
from config.aws_lambda.metrics import FunctionMetric  # noqa: E402
from config.zappa.stages import MalformedSettings, read_document, read_stages  # noqa: E402
from foundation.jobs import metrics  # noqa: E402
from foundation.jobs.invocation import LambdaContext, request_id  # noqa: E402

logger = logging.getLogger(__name__)

SETTINGS = Path(__file__).resolve().parents[2] / "zappa_settings.json"
LONGEST_KEY = 40  # characters of a key that are logged


def read_rules(path: Path, stage_name: str, mapping: Mapping[str, list[str]]) -> InvocationRules:
    """Return the stage's rules: the jobs in its `events` schedule, and the queues in Zappa's `mapping`.

    Raises ZappaSettingsError if zappa_settings.json, which the zip contains for this purpose, is missing or broken.
    """
    stages = {stage.name: stage for stage in read_stages(read_document(path))}
    if stage_name not in stages:
        raise MalformedSettings(f"{path.name} has no stage {stage_name}")
    scheduled = {event.function for event in stages[stage_name].events if event.expressions}
    return InvocationRules(jobs=frozenset(scheduled), queues=frozenset(mapping))


RULES = read_rules(SETTINGS, ZAPPA.settings.API_STAGE, ZAPPA.settings.AWS_EVENT_MAPPING)


def lambda_handler(event: Any, context: LambdaContext) -> Any:
    """Hand the event to Zappa and return its response. Raises RefusedInvocation, and the errors of jobs."""
    token = request_id.set(context.aws_request_id)
    try:
        return _invoke(_admitted(event), context)
    finally:
        request_id.reset(token)


def _invoke(event: dict[str, Any], context: LambdaContext) -> Any:
    if not settings.GATE_TABLE:
        return ZAPPA.lambda_handler(event, context)
    from config.aws_lambda.gated_jobs import run_gated  # noqa: PLC0415 - without the table there is no gate

    return run_gated(event, context, ZAPPA.lambda_handler)


def _admitted(event: Any) -> dict[str, Any]:
    try:
        return RULES.admit(event)
    except RefusedInvocation as refusal:
        keys = sorted(str(key)[:LONGEST_KEY] for key in event) if isinstance(event, dict) else []
        logger.error("invocation refused", extra={"reason": str(refusal), "keys": keys})  # noqa: TRY400 - the reason says enough
        metrics.emit({FunctionMetric.INVOCATIONS_REFUSED: 1})
        raise
