"""Fast start of Zappa's handler: postpones boto3 and disables garbage collection during imports.

docs/explanation/lambda.md has the reasons, docs/performance.md the figures.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

POSTPONED = ("boto3", "botocore")
"""Modules that zappa.utilities imports at the top but needs only for deploying."""


class PostponedModule(ModuleType):
    """Placeholder for a module, which is imported when one of its attributes is first read."""

    def __getattr__(self, name: str) -> Any:
        """Return the real module's attribute. Raises AttributeError while `import` still finds this placeholder."""
        if sys.modules.get(self.__name__) is self:
            raise AttributeError(f"{self.__name__} is postponed and has no {name} yet")
        for module in POSTPONED:  # boto3 first: it imports the parts of botocore that Zappa names
            import_module(module)
        return getattr(sys.modules[self.__name__], name)


def start_zappa() -> Any:
    """Start Django and return Zappa's LambdaHandler. Raises the errors of Django's settings."""
    with _no_collections():
        _import_zappa_utilities()
        # Importing it starts Django where INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT is set.
        from zappa.handler import LambdaHandler  # noqa: PLC0415

        from config.aws_lambda.gateway_cookies import GatewayCookies  # noqa: PLC0415 - it loads more of Zappa

        handler = LambdaHandler()
        handler.wsgi_app = GatewayCookies(handler.wsgi_app.application)
        return handler


@contextmanager
def _no_collections() -> Iterator[None]:
    """Disable garbage collection, then exclude the imported modules and classes from future collections."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _import_zappa_utilities() -> None:
    """Import zappa.utilities with placeholders for boto3 and botocore, which it names in annotations only.

    Later imports get the real modules, and so does Zappa's own code when it uses them.
    """
    if not sys.modules.keys().isdisjoint(POSTPONED):
        return
    modules = {name: PostponedModule(name) for name in POSTPONED}
    vars(modules["boto3"])["Session"] = "boto3.Session"  # an annotation in zappa.utilities, which is evaluated
    sys.modules.update(modules)
    try:
        import_module("zappa.utilities")
    finally:
        for name in POSTPONED:
            del sys.modules[name]
        del vars(modules["boto3"])["Session"]
