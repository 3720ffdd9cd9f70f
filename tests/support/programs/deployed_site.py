"""Warm deployed function: `python -m tests.support.programs.deployed_site`.

Runs Zappa's own handler with the settings of a deployment. Each line on standard input is an event as JSON; each line
on standard output is the handler's result.
"""

import json
import sys
from contextlib import redirect_stdout
from dataclasses import replace

from infra.local.lambda_function import LambdaFunction
from infra.packaging.zappa_stage import load_stage

if __name__ == "__main__":
    answers = sys.stdout
    with redirect_stdout(sys.stderr):  # Zappa prints
        stage = load_stage("dev")
        source = stage.handler_settings.replace("'config.settings'", "'tests.support.production'")
        function = LambdaFunction(replace(stage, handler_settings=source))
        for line in sys.stdin:
            answers.write(json.dumps(function.invoke(json.loads(line))) + "\n")
            answers.flush()
