"""Zappa's command line without its pauses: `python -m tests.infra.deployment.zappa_without_pauses ...`.

Zappa sleeps for 3 s before it asks for the first time how its stack is; the local AWS has made it by then.
"""

import time
from types import SimpleNamespace

from zappa import core

from infra.deployment import bound_zappa

core.time = SimpleNamespace(time=time.time, sleep=lambda seconds: None)

if __name__ == "__main__":
    bound_zappa.main()
