"""Start Zappa like the function, and print its effects: `python -m tests.support.programs.zappa_started [IMPORT ...]`.

Needs the variables of `tests.support.deployment` and a module `zappa_settings`. Prints one JSON object.
"""

import gc
import json
import sys
from contextlib import redirect_stdout
from importlib import import_module

if __name__ == "__main__":
    for name in sys.argv[1:]:
        import_module(name)

    from config.aws_lambda.zappa_start import start_zappa

    with redirect_stdout(sys.stderr):  # Zappa prints
        handler = start_zappa()
    loaded = [name for name in ("boto3", "botocore") if name in sys.modules]

    from zappa import utilities

    names_of_zappa = (utilities.botocore.exceptions.ClientError, utilities.boto3.Session)
    import boto3
    import botocore.exceptions

    facts = {
        "loaded at the start": loaded,
        "collects": gc.isenabled(),
        "frozen": gc.get_freeze_count(),
        "names are the real ones": names_of_zappa == (botocore.exceptions.ClientError, boto3.Session),
        "session of Zappa": type(handler._get_boto_session()) is boto3.Session,
        "annotation": str(utilities.add_event_source.__annotations__["boto_session"]),
    }
    json.dump(facts, sys.stdout)
