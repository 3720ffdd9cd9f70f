"""Sandboxes whose owner is killed."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.infra.lambda_local.sandbox.living import lives
from tests.support.patience import wait_until

OWNER = """
import sys
from datetime import timedelta
from pathlib import Path
from infra.lambda_local.sandbox.sandbox import Sandbox

sandbox = Sandbox(Path(sys.argv[1]), environment={}, timeout=timedelta(hours=1), memory_megabytes=128)
print(sandbox.invoke(0).payload, flush=True)
sandbox.invoke(3600)
"""


def test_it_dies_with_its_owner_even_in_the_middle_of_an_invocation(tmp_path: Path) -> None:
    source = "import os, time\ndef lambda_handler(event, context):\n  time.sleep(event)\n  return os.getpid()"
    (tmp_path / "handler.py").write_text(source)
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert lives(pid)

    owner.send_signal(signal.SIGKILL)
    owner.communicate()

    wait_until(lambda: not lives(pid))
