"""Settings of a deployed function."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.deployment import environment

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]


def manage(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", *arguments]
    variables = environment(**variables)
    return subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)


def test_deployment_passes_all_checks_without_a_warning() -> None:
    result = manage("check", "--deploy", "--fail-level", "WARNING")
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_weak_secret_key_is_noticed() -> None:
    result = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY="short")
    assert result.returncode != 0
    assert "security.W009" in result.stderr


@pytest.mark.parametrize("hosts", ["*", "subscriptions.example.com,*", "*.example.com"])
def test_host_for_all_hosts_is_refused(hosts: str) -> None:
    result = manage("check", ALLOWED_HOSTS=hosts)
    assert result.returncode != 0
    assert "ALLOWED_HOSTS must name each host" in result.stderr
