"""Environment variables that make a program the deployed function, on a local database."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.cold_start.packages import STAGE
from benchmarks.cold_start.start import ENVIRONMENT
from benchmarks.program import ROOT
from infra.local.lambda_function import HANDLER_SETTINGS
from infra.packaging.zappa_stage import load_stage

SETTINGS = "benchmarks.deployed_settings"
NO_LIMIT = "1000000000"


@contextmanager
def deployed(database_url: str) -> Iterator[dict[str, str]]:
    """Collect static files, write Zappa's settings module, and yield the variables that lead to both."""
    stage = load_stage(STAGE)
    with tempfile.TemporaryDirectory() as directory:
        source = stage.handler_settings.replace("'config.settings'", repr(SETTINGS))
        (Path(directory) / f"{HANDLER_SETTINGS}.py").write_text(source)
        variables = stage.variables | ENVIRONMENT | {
            "DATABASE_URL": database_url,
            "AWS_LAMBDA_FUNCTION_NAME": stage.lambda_name,
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "COLLECTED_STATIC_FILES": str(Path(directory) / "static"),
            "PYTHONPATH": directory,
            "LOCAL_CLOCK": "",  # the tests set it, and a deployed function refuses it
            "CHANGES_PER_MINUTE_AND_USER": NO_LIMIT,
            "CHANGES_PER_MINUTE_AND_ADDRESS": NO_LIMIT,
            "SIGN_INS_PER_MINUTE_AND_NAME": NO_LIMIT,
            "SIGN_INS_PER_MINUTE_AND_ADDRESS": NO_LIMIT,
        }  # fmt: skip
        collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
        subprocess.run(collect, cwd=ROOT, env=os.environ | variables, check=True)  # noqa: S603 - Django's own command
        yield variables
