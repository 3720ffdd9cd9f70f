"""Customisation of drf-spectacular for this API. Loaded by `make schema` and its test only, never to serve."""

import inspect
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema

from foundation.web.brand import site_name


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Registered by being defined."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = ["bearer", "token"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        description = "A token of the account page, or the one that `manage.py create_api_token` printed"
        older = {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token ` and the token"}
        return [{"type": "http", "scheme": "bearer", "description": description}, older]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Return either scheme. The scope is in the text: linters know scopes of OAuth 2 only."""
        return [{name: []} for name in self.name]


class Generator(SchemaGenerator):
    """Uses what `documented` kept with the views' methods, and says that no unknown field is taken."""

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        """Return the view of one operation."""
        handler = getattr(callback.cls, method.lower())
        # `extend_schema` leaves `kwargs`. Without `documented`, drf-spectacular warns by the view's name.
        if hasattr(handler, "documentation") and not hasattr(handler, "kwargs"):
            extend_schema(**_texts(callback.cls, method, handler), **handler.documentation)(handler)
        return super().create_view(callback, method, request)  # type: ignore[no-untyped-call]

    def get_schema(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the OpenAPI document."""
        document: dict[str, Any] = super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]
        document["info"]["title"] = site_name()
        for name, schema in document["components"]["schemas"].items():
            if name.endswith("Request") and "oneOf" not in schema:
                schema.update({"additionalProperties": False} | self._rule(name))
        for methods in document["paths"].values():
            for operation in methods.values():
                operation.setdefault("security", [])
        _require_bodies(document)
        return document

    def _rule(self, name: str) -> dict[str, Any]:
        """Return what the serializer's class states of its members together."""
        components = self.registry._components.values()  # noqa: SLF001 - its only list of them
        serializers = {each.name: each.object for each in components}
        rule: dict[str, Any] = getattr(serializers[name], "schema_rule", {})
        return rule


def _require_bodies(document: dict[str, Any]) -> None:
    """State that a body of several kinds is needed: drf-spectacular does it for those of one kind."""
    kinds = {
        f"#/components/schemas/{name}" for name, each in document["components"]["schemas"].items() if "oneOf" in each
    }
    for methods in document["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            if any(each["schema"].get("$ref") in kinds for each in content.values()):
                operation["requestBody"]["required"] = True


def _texts(view: Any, method: str, handler: Any) -> dict[str, Any]:
    """Return the first sentence of the docstring as the summary, and all of it, with the scope, as the description."""
    text = inspect.getdoc(handler) or ""
    scope = view.scope_of(view, method.upper()) if hasattr(view, "scope_of") else None
    needed = f"\n\nA token needs the scope `{scope}`." if scope else ""
    return {"summary": text.partition("\n")[0].partition(". ")[0].rstrip("."), "description": text + needed}
