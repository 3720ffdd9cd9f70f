"""Python client that openapi-python-client makes of the API's description."""

import importlib
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError

from tests.support.patience import PATIENCE_SECONDS

PACKAGE = "generated_subscriptions_client"


def generate_client(document: Path, folder: Path) -> Sequence[GeneratorError]:
    """Write the package into the folder. Return the generator's warnings and errors."""
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),  # nobody reads it, so it needs no formatting
        MetaType.NONE,
        document_source=document,
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / PACKAGE,
    )
    return generate(config=config)


class GeneratedClient:
    """The generated package as a program uses it, with one token. The package is on the import path."""

    def __init__(self, url: str, token: str) -> None:
        made = importlib.import_module(f"{PACKAGE}.client").AuthenticatedClient
        self._client = made(
            base_url=url,
            token=token,
            raise_on_unexpected_status=True,
            timeout=PATIENCE_SECONDS,
            httpx_args={"trust_env": False},
        )

    def call(self, operation: str, *place: object, body: dict[str, Any] | None = None, **words: object) -> Any:
        """Return what the client reads from the answer to an operation, named as `tag.operation_id`.

        Raises AssertionError for a problem.
        """
        module = importlib.import_module(f"{PACKAGE}.api.{operation}")
        if body is not None:
            words["body"] = self._request_class(module).from_dict(body)
        answer = module.sync_detailed(*place, client=self._client, **words)
        assert answer.status_code < HTTPStatus.BAD_REQUEST, answer.content
        return answer.parsed

    def close(self) -> None:
        """Close the connections."""
        self._client.get_httpx_client().close()

    @staticmethod
    def _request_class(module: Any) -> Any:
        (found,) = [each for name, each in vars(module).items() if name.endswith("Request")]
        return found
