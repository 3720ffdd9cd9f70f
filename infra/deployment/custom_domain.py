"""Custom domain of a stage's API: its stack, its certificate, and its mapping to the API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from botocore.client import ClientMeta
from botocore.exceptions import ClientError

from infra.deployment.cloud_stack import CloudStack

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

ROOT = "(none)"
"""API Gateway's name for the empty base path: the service's links begin right after the host."""


class Certificates(Protocol):
    """Used part of ACM's client, whose types are not installed."""

    @property
    def meta(self) -> ClientMeta:
        """Metadata with the region."""

    def describe_certificate(self, *, CertificateArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        """https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html"""


class Zones(Protocol):
    """Used part of Route 53's client, whose types are not installed."""

    def get_hosted_zone(self, *, Id: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        """https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html"""


@dataclass(frozen=True)
class CustomDomain:
    """Domain of one stage, if its stack exists. `host` is SITE_URL's."""

    stack: CloudStack
    gateway: "APIGatewayClient"
    certificates: Certificates
    zones: Zones
    host: str

    def apply(self, template: Path, parameters: Mapping[str, str]) -> bool:
        """Create or update the stack. Return True if anything changed. Raises StackFailed."""
        return self.stack.apply(template, {"DomainName": self.host} | dict(parameters))

    def parameter_problems(self, parameters: Mapping[str, str]) -> Iterator[str]:
        """Yield the reasons why the stack cannot be created with these parameters."""
        if self.host.endswith(".amazonaws.com") or not self.host:
            yield "SITE_URL in zappa_settings.json is no domain of yours. Write the domain there first."
            return
        certificate, zone = parameters.get("CertificateArn", ""), parameters.get("HostedZoneId", "")
        if not (certificate or zone or self.stack.exists):
            yield (
                'the domain needs PARAMETERS="HostedZoneId=..." of Route 53, or PARAMETERS="CertificateArn=..." of a '
                "certificate that was issued: docs/runbook.md, Domain."
            )
        if certificate:
            yield from self._certificate_problems(certificate)
        if zone:
            yield from self._zone_problems(zone)

    def problems(self) -> Iterator[str]:
        """Yield the reasons why an existing domain would not serve the links."""
        if not self.stack.exists:
            return
        outputs = self.stack.outputs()
        if outputs["DomainName"] != self.host:
            yield (
                f"links begin with {self.host}, and the stage's domain is {outputs['DomainName']}: run `make domain` "
                "again, or set SITE_URL in zappa_settings.json."
            )
        else:
            yield from self._certificate_problems(outputs["CertificateArn"])

    def lead_to(self, api_id: str, stage: str) -> bool:
        """Map the domain to the API's stage. Return True if anything changed. Raises NoStack.

        Zappa's API is in a stack of its own and has another id after `make undeploy`, which removes the mapping.
        """
        domain = self.stack.outputs()["DomainName"]
        found = self._mapping(domain)
        if not found:
            self.gateway.create_base_path_mapping(domainName=domain, restApiId=api_id, stage=stage)
            return True
        if found == (api_id, stage):
            return False
        changes = [("/restapiId", api_id), ("/stage", stage)]
        self.gateway.update_base_path_mapping(
            domainName=domain,
            basePath=ROOT,
            patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in changes],
        )
        return True

    def leads_elsewhere(self, api_id: str, stage: str) -> str:
        """Return a message if API Gateway maps the links' host to another stage, or "".

        Another stage of the service responds like this one, so requests cannot detect it.
        """
        found = self._mapping(self.host) if self.host else None
        if not found or found == (api_id, stage):
            return ""
        return (
            f"SITE_URL leads elsewhere: API Gateway leads {self.host} to the API {found[0]}, stage "
            f"{found[1] or 'any'}, and this one is {api_id}, stage {stage}. Two stages cannot share a domain: set "
            "SITE_URL in zappa_settings.json."
        )

    def record(self) -> str:
        """Return the DNS record to be published manually, or "" if it is in Route 53."""
        outputs = self.stack.outputs()
        return "" if outputs["HostedZoneId"] else f"{outputs['DomainName']}. CNAME {outputs['RegionalDomainName']}."

    def _mapping(self, domain: str) -> tuple[str, str] | None:
        try:
            found = self.gateway.get_base_path_mapping(domainName=domain, basePath=ROOT)
        except ClientError as error:
            if _code(error) == "NotFoundException":
                return None
            raise
        return found["restApiId"], found.get("stage", "")

    def _certificate_problems(self, arn: str) -> Iterator[str]:
        region = self.certificates.meta.region_name
        if arn.split(":")[3:4] != [region]:
            yield f"the certificate {arn} is not of {region}, where the API is: request one there."
            return
        try:
            found = self.certificates.describe_certificate(CertificateArn=arn)["Certificate"]
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            yield f"there is no certificate {arn}: `aws acm list-certificates` shows those that are."
            return
        if found["Status"] != "ISSUED":
            yield (
                f"the certificate {arn} is {found['Status']}, and browsers want one that is ISSUED: publish the record "
                "that `aws acm describe-certificate` shows, or request another one."
            )
        names = [found["DomainName"], *found.get("SubjectAlternativeNames", [])]
        if not any(_covers(name.lower(), self.host) for name in names):
            yield f"the certificate {arn} is for {', '.join(dict.fromkeys(names))}, and not for {self.host}."

    def _zone_problems(self, zone_id: str) -> Iterator[str]:
        try:
            zone = self.zones.get_hosted_zone(Id=zone_id)["HostedZone"]
        except ClientError as error:
            if _code(error) != "NoSuchHostedZone":
                raise
            yield f"Route 53 of this account has no zone {zone_id}: `aws route53 list-hosted-zones` shows those it has."
            return
        name = zone["Name"].rstrip(".").lower()
        if zone.get("Config", {}).get("PrivateZone") or not f".{self.host}".endswith(f".{name}"):
            yield f"the zone {zone_id} is {name}, and {self.host} needs a public one that it is in."


def _covers(name: str, host: str) -> bool:
    """Return True if the certificate's name covers the host; a wildcard stands for one label."""
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]
