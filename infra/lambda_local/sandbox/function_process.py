"""A process of a Lambda function: AWS's own runtime client over the unpacked package, and nothing else."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.lambda_local.lifetime import end_with_this_thread
from infra.lambda_local.sandbox.confinement import INTERPRETER, confinement
from infra.lambda_local.sandbox.runtime_api import Exited, RuntimeAPI
from infra.lambda_local.sandbox.runtime_directory import runtime_directory

CHUNK = 1 << 20


@dataclass(frozen=True)
class Function:
    """A function to run. `environment` holds its configured variables."""

    package: Path
    handler: str
    environment: Mapping[str, str]
    name: str
    region: str
    memory_megabytes: int


class FunctionProcess:
    """Runs until `end`, and never longer than this process. `runtime_api` gives it events."""

    def __init__(self, function: Function) -> None:
        self.runtime_api = RuntimeAPI()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process is
        self._read = 0
        runtime = runtime_directory()
        self._confined = confinement().confine(
            function.package, runtime, [str(INTERPRETER), "-S", "-m", "awslambdaric", function.handler]
        )
        self._environment = self._lambda_environment(function)
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes]
        # Its death follows that of the thread that starts it, which therefore has nothing else to do.
        self._keeper = threading.Thread(target=self._keep, name=f"Keeper of {function.name}", daemon=True)
        self._keeper.start()
        self._started.wait()

    @property
    def lives(self) -> bool:
        """Return True while it runs."""
        return self._keeper.is_alive()

    def read_log(self) -> str:
        """Return the output of the process and its children since the last call."""
        text = b""
        while chunk := os.pread(self._log.fileno(), CHUNK, self._read):
            text += chunk
            self._read += len(chunk)
        return text.decode(errors="replace").replace(
            "\r", "\n"
        )  # by which the runtime client parts a traceback's lines

    def kill(self) -> None:
        """Kill the process and its children."""
        with contextlib.suppress(ProcessLookupError):  # it and they are gone
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill the process, and remove its files."""
        self.kill()
        self._keeper.join()
        self.runtime_api.close()
        self._log.close()
        if self._confined.files is not None:
            self._confined.files.remove()

    def _keep(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - the function's own code, which is what we want to run
            self._confined.command,
            cwd=self._confined.working_directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            process_group=0,
            preexec_fn=end_with_this_thread(signal.SIGKILL),  # noqa: PLW1509 - one system call, no lock
        )
        self._started.set()
        self.runtime_api.messages.put(Exited(self._process.wait()))

    def _lambda_environment(self, function: Function) -> dict[str, str]:
        """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime"""
        confined = self._confined
        return {
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
            **function.environment,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_megabytes),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": self.runtime_api.address,
            "AWS_REGION": function.region,
            "LAMBDA_RUNTIME_DIR": str(confined.runtime_root),
            "LAMBDA_TASK_ROOT": str(confined.task_root),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(confined.runtime_root),
            "TZ": ":UTC",
            "_HANDLER": function.handler,
            **confined.variables,
        }
