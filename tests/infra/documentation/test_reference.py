"""docs/reference and .env.example: generated from the code, complete, and up to date."""

import re
import subprocess

import pytest

from config import settings
from infra.documentation.checks_reference import read_checks
from infra.documentation.environment_variables import SETTINGS, Variable, read_variables
from infra.documentation.metrics_reference import meanings, registered_metrics
from infra.documentation.reference import ROOT, deployed_sources, generate

READ = re.compile(r"""(?:environ|environment)(?:\.get\(|\[)"([A-Z_]+)\"""")
OF_LAMBDA = {"AWS_DEFAULT_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "AWS_SESSION_TOKEN"}
"""Variables set by Lambda itself."""

OF_WSGI = {"REMOTE_ADDR"}
"""Keys in the WSGI environment, which has the same name."""

CHECK_ID = re.compile(r'"([a-z_]+\.[EWI]\d{3})"')


def _variables() -> list[Variable]:
    return read_variables(dict(vars(settings)), SETTINGS.read_text())


@pytest.mark.parametrize("name", [".env.example", "settings", "checks", "metrics", "commands", "structure"])
def test_generated_document_is_up_to_date(name: str) -> None:
    path = name if name.startswith(".") else f"docs/reference/{name}.md"
    assert (ROOT / path).read_text() == generate()[path], "run `make reference`"


def test_every_setting_says_what_it_means() -> None:
    assert [variable.name for variable in _variables() if not variable.meaning] == []


def test_required_variables_are_those_that_the_environment_asks_for() -> None:
    assert [variable.name for variable in _variables() if variable.required] == [
        "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "SITE_URL", "SES_FROM_ADDRESS", "SNS_TOPIC_ARN",
    ]  # fmt: skip


def test_every_variable_that_deployed_code_reads_is_documented() -> None:
    read = {name for source in deployed_sources().values() for name in READ.findall(source)}
    document = (ROOT / "docs/reference/settings.md").read_text()
    assert "DJANGO_LOCAL" in read
    assert {name for name in read - OF_LAMBDA - OF_WSGI if f"`{name}`" not in document} == set()


def test_env_example_is_what_a_shell_can_read() -> None:
    uncommented = re.sub(r"^# (?=[A-Z_]+=)", "", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    names = " ".join(variable.name for variable in _variables())
    script = f'set -a\n{uncommented}\nfor name in {names}; do printf "%s=%s\\n" "$name" "${{!name}}"; done'
    shell = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)  # noqa: S607
    assert shell.stdout.splitlines() == [f"{variable.name}={variable.default}" for variable in _variables()]


def test_every_check_of_the_code_is_described_once() -> None:
    sources = deployed_sources()
    used = {check_id for source in sources.values() for check_id in CHECK_ID.findall(source)}
    assert used == set(read_checks(sources))


def test_check_that_is_described_twice_is_refused() -> None:
    described = '"""Checks.\n\n- config.E001: it is broken.\n"""'
    with pytest.raises(ValueError, match=r"b.py describes config.E001"):
        read_checks({"a.py": described, "b.py": described})


def test_meaning_of_a_check_may_take_two_lines() -> None:
    assert read_checks({"a.py": '"""Checks.\n\n- config.E001: it is\n  broken.\n"""'}) == {
        "config.E001": "it is broken."
    }


def test_every_metric_says_what_it_counts() -> None:
    assert [metric.value for metric in registered_metrics() if not meanings(type(metric))[metric.value]] == []
