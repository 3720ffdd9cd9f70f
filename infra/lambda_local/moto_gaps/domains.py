"""APIs and their domains as a deployment needs them, where moto 5.2 differs from AWS."""

from typing import Any, Self

from moto.acm.models import acm_backends
from moto.apigateway.models import APIGatewayBackend, DomainName, RestAPI, apigateway_backends
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel

create_domain_name = APIGatewayBackend.create_domain_name
"""moto's own."""


class StackDomain(CloudFormationModel):
    """AWS: CloudFormation makes AWS::ApiGateway::DomainName. moto: leaves it out.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-domainname.html
    """

    def __init__(self, domain: DomainName) -> None:
        self._domain = domain

    @property
    def physical_resource_id(self) -> str:
        name: str = self._domain.domain_name
        return name

    @staticmethod
    def cloudformation_name_type() -> str:
        return "DomainName"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGateway::DomainName"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in {"RegionalDomainName", "RegionalHostedZoneId"}

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        named = {"RegionalDomainName": "regional_domain_name", "RegionalHostedZoneId": "regional_hosted_zone_id"}
        return getattr(self._domain, named[attribute_name])

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_kwargs: Any
    ) -> Self:
        given = cloudformation_json["Properties"]
        made = apigateway_backends[account_id][region_name].create_domain_name(
            domain_name=given["DomainName"],
            tags=[],
            certificate_name="",
            certificate_arn="",
            certificate_body="",
            certificate_private_key="",
            certificate_chain="",
            regional_certificate_name="",
            regional_certificate_arn=given["RegionalCertificateArn"],
            endpoint_configuration={"types": given["EndpointConfiguration"]["Types"]},
            security_policy=given["SecurityPolicy"],
        )
        return cls(made)

    def delete(self, account_id: str, region_name: str) -> None:
        apigateway_backends[account_id][region_name].delete_domain_name(self.physical_resource_id)


class StackCertificate(CloudFormationModel):
    """AWS: CloudFormation makes AWS::CertificateManager::Certificate, and waits for its issue. moto: leaves it out.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-certificatemanager-certificate.html
    """

    def __init__(self, arn: str) -> None:
        self.physical_resource_id = arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::CertificateManager::Certificate"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_kwargs: Any
    ) -> Self:
        backend = acm_backends[account_id][region_name]
        arn = backend.request_certificate(cloudformation_json["Properties"]["DomainName"], resource_name, [], [])
        backend.describe_certificate(arn).status = "ISSUED"
        return cls(arn)

    def delete(self, account_id: str, region_name: str) -> None:
        acm_backends[account_id][region_name].delete_certificate(self.physical_resource_id)


def create_domain(self: APIGatewayBackend, *given: Any, **named: Any) -> DomainName:
    """AWS: a domain without mappings has an empty list of them. moto: 500, until the first one is made.

    https://docs.aws.amazon.com/apigateway/latest/api/API_GetBasePathMappings.html
    """
    made = create_domain_name(self, *given, **named)
    self.base_path_mappings.setdefault(made.domain_name, {})
    return made


def delete_api(api: RestAPI, account_id: str, region_name: str) -> None:
    """AWS: deleting a stack deletes its REST API, unless a custom domain leads to it. moto: leaves it.

    `zappa undeploy` relies on it. https://github.com/serverless/serverless/issues/3638
    """
    backend = apigateway_backends[account_id][region_name]
    domains = backend.base_path_mappings.items()
    leading = [domain for domain, paths in domains if any(path.rest_api_id == api.id for path in paths.values())]
    if leading:
        raise ValidationError(
            api.id,
            message=f"Deleting RestApi {api.id} failed. Please remove all base path mappings related to the RestApi in "
            f"your domains: {', '.join(leading)}.",
        )
    backend.delete_rest_api(api.id)


def close_domain_gaps() -> None:
    """Apply the overrides to every moto server of this process."""
    RestAPI.delete = delete_api  # type: ignore[attr-defined] # CloudFormation asks each resource for it
    APIGatewayBackend.create_domain_name = create_domain  # type: ignore[method-assign]
    for table in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        table.cache_clear()  # it finds the classes above
