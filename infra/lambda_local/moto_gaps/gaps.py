"""Overrides of moto 5.2 where it differs from AWS and Zappa, a deployment or a deployed function notices.

Each override is one gap. Its docstring says what AWS does and what moto does. A test in
tests/infra/lambda_local/moto_gaps asks a moto without it and fails once moto has closed the gap: then delete it.
"""

from infra.lambda_local.moto_gaps.domains import close_domain_gaps
from infra.lambda_local.moto_gaps.functions import Runner, close_function_gaps
from infra.lambda_local.moto_gaps.ses_account import close_ses_gaps
from infra.lambda_local.moto_gaps.stacks import close_stack_gaps


def close_gaps(runner: Runner | None = None) -> None:
    """Apply all overrides to every moto server of this process. `runner` runs the functions.

    Call it before a server's first request, at which the server makes its table of addresses.
    """
    close_function_gaps(runner)
    close_ses_gaps()
    close_stack_gaps()
    close_domain_gaps()
