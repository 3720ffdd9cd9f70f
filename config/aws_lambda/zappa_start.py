"""Zappa's handler, started without what only costs time: boto3, and a search for garbage that is not there.

Figures are in docs/decisions.md under "What a start leaves out".
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

POSTPONED = ("boto3", "botocore")
"""What zappa.utilities imports at its top, and needs only where somebody deploys."""


class PostponedModule(ModuleType):
    """Stands for the module of its name, which is imported when one of its names is first asked for."""

    def __getattr__(self, name: str) -> Any:
        """The real module's attribute. Raises AttributeError while this is what `import` finds."""
        if sys.modules.get(self.__name__) is self:
            raise AttributeError(f"{self.__name__} is postponed and has no {name} yet")
        for module in POSTPONED:  # boto3 first, which imports the parts of botocore that Zappa names
            import_module(module)
        return getattr(sys.modules[self.__name__], name)


def start_zappa() -> Any:
    """Zappa's LambdaHandler, which starts Django. Raises what Django's settings raise."""
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
    """Collect no garbage, and afterwards never look at what is there by then: modules and classes, which stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _import_zappa_utilities() -> None:
    """Import the module that wants boto3 for its annotations, with others in the place of boto3 and botocore.

    Whoever imports them later gets the real ones, and so does Zappa's own code when it uses them.
    """
    if not sys.modules.keys().isdisjoint(POSTPONED):
        return
    modules = {name: PostponedModule(name) for name in POSTPONED}
    vars(modules["boto3"])["Session"] = "boto3.Session"  # an annotation, as it would be if it were not evaluated
    sys.modules.update(modules)
    try:
        import_module("zappa.utilities")
    finally:
        for name in POSTPONED:
            del sys.modules[name]
        del vars(modules["boto3"])["Session"]
