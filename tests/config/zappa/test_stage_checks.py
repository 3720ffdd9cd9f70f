"""Checks of stage settings, each with a file that violates only that check."""

from pathlib import Path
from typing import Any

import pytest

from config.zappa import checks
from tests.config.zappa.settings_file import GOOD_STAGE, VARIABLES, found, ids, written


@pytest.mark.parametrize(
    ("key", "value", "check_id"),
    [
        ("project_name", None, "config.E020"),
        ("s3_bucket", None, "config.E055"),
        ("debug", None, "config.E021"),
        ("debug", True, "config.E021"),
        ("debug", "false", "config.E021"),
        ("log_level", None, "config.E022"),
        ("log_level", "DEBUG", "config.E022"),
        ("log_level", "info", "config.E022"),
        ("log_level", "NOTSET", "config.E022"),
        ("dead_letter_arn", None, "config.E023"),
        ("dead_letter_arn", "", "config.E023"),
        ("keep_warm", None, "config.E024"),
        ("keep_warm", True, "config.E024"),
        ("use_precompiled_packages", None, "config.E025"),
        ("use_precompiled_packages", True, "config.E025"),
        ("manage_roles", None, "config.E026"),
        ("manage_roles", True, "config.E026"),
        ("aws_environment_variables", None, "config.E027"),
        ("aws_environment_variables", VARIABLES | {"INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": ""}, "config.E027"),
        ("aws_environment_variables", VARIABLES | {"INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": 1}, "config.E027"),
        ("exception_handler", "tests.config.jobs.right", "config.E028"),
        ("aws_environment_variables", VARIABLES | {"LOCAL_CLOCK": ""}, "config.E033"),
        ("aws_environment_variables", VARIABLES | {"ALLOWED_HOSTS": ""}, "config.E034"),
        ("aws_environment_variables", {"INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": "1"}, "config.E034"),
        ("lambda_handler", None, "config.E029"),
        ("lambda_handler", "handler.lambda_handler", "config.E029"),
        ("lambda_concurrency", 0, "config.E039"),
        ("lambda_concurrency", -1, "config.E039"),
        ("lambda_concurrency", "20", "config.E039"),
        ("lambda_concurrency", 1.5, "config.E039"),
        ("lambda_concurrency", True, "config.E039"),
        ("stack_parameters", "AlarmAddress", "config.E061"),
        ("stack_parameters", {"SilentMinutes": 5}, "config.E061"),
        ("environment_variables", {"COLOUR": "blue"}, "config.E031"),
        ("remote_env", "s3://bucket/file.json", "config.E032"),
        ("remote_env_bucket", "bucket", "config.E032"),
        ("num_retained_versions", 10, "config.E038"),
    ],
)
def test_setting_that_is_wrong_is_an_error(tmp_path: Path, key: str, value: Any, check_id: str) -> None:
    messages = found(tmp_path, **{key: value})

    assert ids(messages) == [check_id]
    assert str(messages[0].msg).startswith(key)
    assert messages[0].hint


def test_setting_that_is_missing_is_taken_as_zappa_takes_it(tmp_path: Path) -> None:
    stage = {key: value for key, value in GOOD_STAGE.items() if key != "num_retained_versions"}
    assert ids(checks.check_file(written(tmp_path, {"dev": stage}))) == ["config.E038"]


@pytest.mark.parametrize("key", ["debug", "log_level", "keep_warm", "use_precompiled_packages", "manage_roles"])
def test_inherited_setting_that_is_wrong_is_told_for_each_stage(tmp_path: Path, key: str) -> None:
    document = {"dev": GOOD_STAGE | {key: None}, "production": {"extends": "dev"}}

    messages = checks.check_file(written(tmp_path, document))

    assert [message.obj for message in messages] == ["zappa_settings.json dev", "zappa_settings.json production"]
