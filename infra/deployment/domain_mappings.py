"""Mappings of custom domains to an API, which prevent its deletion."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient


@dataclass(frozen=True)
class DomainMappings:
    """Mappings to the API with this id; none if the id is empty."""

    client: "APIGatewayClient"
    api_id: str

    def remove(self) -> int:
        """Remove the mappings from all domains of the account and region. Return their number."""
        found = [(domain, path) for domain in self._domains() for path in self._paths(domain)] if self.api_id else []
        for domain, path in found:
            self.client.delete_base_path_mapping(domainName=domain, basePath=path)
        return len(found)

    def _domains(self) -> list[str]:
        pages = self.client.get_paginator("get_domain_names").paginate()
        return [domain["domainName"] for page in pages for domain in page["items"]]

    def _paths(self, domain: str) -> list[str]:
        pages = self.client.get_paginator("get_base_path_mappings").paginate(domainName=domain)
        mappings = [mapping for page in pages for mapping in page.get("items", [])]
        return [mapping["basePath"] for mapping in mappings if mapping["restApiId"] == self.api_id]
