"""Alias of the handler under the name that the previous release configured.

Lambda calls it between the upload of this release's code and the update of the function's configuration. Delete it in
the next release.
"""

from config.aws_lambda.handler import lambda_handler

__all__ = ["lambda_handler"]
