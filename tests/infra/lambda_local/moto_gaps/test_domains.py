"""moto's gaps in API Gateway."""

import json
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from tests.infra.lambda_local.moto_gaps.cloud import Cloud, Gap, check_gap, made_by_a_stack


def makes_the_certificate_of_a_stack(cloud: Cloud) -> bool:
    """Check that the certificate is issued, and deleted with its stack."""
    certificates = cloud.client("acm")
    with suppress(ClientError, ResponseParserError):
        arn = made_by_a_stack(cloud, "AWS::CertificateManager::Certificate", {"DomainName": "a.example.com"})
        made = certificates.describe_certificate(CertificateArn=arn)["Certificate"]
        cloud.client("cloudformation").delete_stack(StackName="Certificate")
        left = certificates.list_certificates()["CertificateSummaryList"]
        return bool((made["DomainName"], made["Status"], left) == ("a.example.com", "ISSUED", []))
    return False


def makes_the_domain_of_a_stack(cloud: Cloud) -> bool:
    """Check that the domain is deleted with its stack."""
    gateway = cloud.client("apigateway")
    wanted = {
        "DomainName": "a.example.com",
        "RegionalCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a",
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "SecurityPolicy": "TLS_1_2",
    }
    with suppress(ClientError, ResponseParserError):
        made = gateway.get_domain_name(domainName=made_by_a_stack(cloud, "AWS::ApiGateway::DomainName", wanted))
        cloud.client("cloudformation").delete_stack(StackName="DomainName")
        left = gateway.get_domain_names()["items"]
        return bool((made["regionalCertificateArn"], left) == (wanted["RegionalCertificateArn"], []))
    return False


def shows_that_a_domain_has_no_mappings(cloud: Cloud) -> bool:
    """Query a domain without mappings."""
    gateway = cloud.client("apigateway")
    gateway.create_domain_name(domainName="b.example.com")
    with suppress(ClientError, ResponseParserError):
        return bool(gateway.get_base_path_mappings(domainName="b.example.com").get("items", []) == [])
    return False


def deletes_api_with_its_stack(cloud: Cloud) -> bool:
    """Delete an API's stack, as `zappa undeploy` does."""
    stacks = cloud.client("cloudformation")
    template = {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "site"}}}}
    stacks.create_stack(StackName="site", TemplateBody=json.dumps(template))
    stacks.delete_stack(StackName="site")
    return bool(cloud.client("apigateway").get_rest_apis()["items"] == [])


def keeps_api_that_a_domain_leads_to(cloud: Cloud) -> bool:
    """Delete a stack whose API has a custom domain outside the stack."""
    stacks, gateway = cloud.client("cloudformation"), cloud.client("apigateway")
    template = {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "mapped"}}}}
    stacks.create_stack(StackName="mapped", TemplateBody=json.dumps(template))
    found = stacks.describe_stack_resource(StackName="mapped", LogicalResourceId="Api")["StackResourceDetail"]
    gateway.create_domain_name(domainName="example.com")
    gateway.create_base_path_mapping(domainName="example.com", restApiId=found["PhysicalResourceId"], stage="")
    try:
        stacks.delete_stack(StackName="mapped")
    except ClientError as error:
        return "remove all base path mappings" in str(error)
    return False


@pytest.mark.parametrize(
    "closed",
    [
        deletes_api_with_its_stack,
        keeps_api_that_a_domain_leads_to,
        makes_the_certificate_of_a_stack,
        makes_the_domain_of_a_stack,
        shows_that_a_domain_has_no_mappings,
    ],
)
def test_gap_is_closed_here_and_open_in_moto(closed: Gap, stock: Cloud, local: Cloud) -> None:
    check_gap(closed, stock=stock, local=local)
