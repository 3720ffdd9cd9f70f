"""Handler of the stage in this process."""

from dataclasses import replace
from typing import Any

import pytest

from infra.local.lambda_function import LambdaFunction
from infra.packaging.zappa_stage import ZappaStage

seen: list[Any] = []


def job(event: dict[str, Any], context: Any) -> dict[str, object]:
    """Job that an event can name."""
    seen.append(context)
    return {"remaining": context.get_remaining_time_in_millis(), "name": context.function_name}


def test_a_function_gets_the_stages_context(
    lambda_function: LambdaFunction, stage: ZappaStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from config.aws_lambda import handler  # noqa: PLC0415 - needs the settings that Zappa makes

    job_name = f"{__name__}.job"
    monkeypatch.setattr(handler, "RULES", replace(handler.RULES, jobs=frozenset({job_name})))

    first, second = (lambda_function.invoke({"command": job_name}) for _ in range(2))

    assert first["name"] == stage.lambda_name
    assert stage.timeout_seconds * 500 < first["remaining"] <= stage.timeout_seconds * 1000  # milliseconds
    assert second == first | {"remaining": second["remaining"]}
