"""Zappa's command line without pauses: `python -m tests.infra.deployment.zappa_without_pauses ...`.

Zappa sleeps for 3 s before the first query of its stack's state, which the local AWS has completed by then.
"""

import time
from types import SimpleNamespace

from zappa import core

from infra.deployment import bound_zappa

core.time = SimpleNamespace(time=time.time, sleep=lambda seconds: None)

if __name__ == "__main__":
    bound_zappa.main()
