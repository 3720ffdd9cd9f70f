"""Custom domain of a stage: created with its certificate, mapped by each deployment, refused if it cannot serve."""

import json
from collections.abc import Callable

import boto3
import pytest

from infra.deployment import rollout, teardown
from infra.deployment.custom_domain import ROOT
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import Refused
from tests.infra.deployment.account import Account
from tests.infra.deployment.running_stage import RunningStage
from tests.support.injected_answers import InjectedAnswers

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

HOST = "dev.subscriptions.example.com"
Main = Callable[..., int]


def zone(name: str = "example.com", *, private: bool = False) -> str:
    made = boto3.client("route53").create_hosted_zone(
        Name=name, CallerReference=name, HostedZoneConfig={"PrivateZone": private}
    )
    return str(made["HostedZone"]["Id"]).rpartition("/")[2]


def certificate(name: str, region: str = "us-east-1") -> str:
    return str(boto3.client("acm", region_name=region).request_certificate(DomainName=name)["CertificateArn"])


def issued(body: bytes) -> bytes:
    answer = json.loads(body)
    answer["Certificate"]["Status"] = "ISSUED"
    return json.dumps(answer).encode()


def provide(stage: RunningStage) -> str:
    """Set up a first release with the API's changes made by Zappa, and return the API's id."""
    stage.provide("1")
    api = stage.deployment.api.resource("Api")
    boto3.client("apigateway").create_deployment(restApiId=api, stageName="dev")
    return api


def leads_to() -> tuple[str, str]:
    found = boto3.client("apigateway").get_base_path_mapping(domainName=HOST, basePath=ROOT)
    return found["restApiId"], found["stage"]


def test_domain_gets_certificate_and_record_in_the_zone(
    account: Account, main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = account.deployment()
    zone_id = zone()

    assert main(["domain", "dev", "--parameter", f"HostedZoneId={zone_id}"], lambda _: deployment) == 0

    said = capsys.readouterr().out
    assert ("make deploy STAGE=dev" in said, "Publish" in said) == (True, False)
    made = boto3.client("apigateway").get_domain_name(domainName=HOST)
    assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
    found = boto3.client("acm").describe_certificate(CertificateArn=made["regionalCertificateArn"])["Certificate"]
    assert (found["DomainName"], found["Status"]) == (HOST, "ISSUED")
    records = boto3.client("route53").list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    (record,) = (record for record in records if record["Type"] == "A")
    assert record["Name"].rstrip(".") == HOST
    assert main(["domain", "dev"], lambda _: deployment) == 0
    assert "up to date" in capsys.readouterr().out


def test_domain_of_other_dns_says_which_record_to_publish(
    account: Account, answers: InjectedAnswers, main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = account.deployment()
    answers.alter("acm.DescribeCertificate", issued)
    given = f"CertificateArn={certificate('*.subscriptions.example.com')}"

    assert main(["domain", "dev", "--parameter", given], lambda _: deployment) == 0

    regional = boto3.client("apigateway").get_domain_name(domainName=HOST)["regionalDomainName"]
    assert f"Publish this record, or an alias like it: {HOST}. CNAME {regional}." in capsys.readouterr().out


def test_each_deployment_leads_the_domain_to_its_api(
    stage_on_aws: RunningStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = stage_on_aws.deployment
    first = provide(stage_on_aws)

    assert deployment.update_domain({"HostedZoneId": zone()})
    assert leads_to() == (first, "dev")
    assert not deployment.update_domain()

    monkeypatch.setattr(teardown, "_confirm", lambda *_: None)
    teardown.undeploy(deployment, Steps())
    with pytest.raises(boto3.client("apigateway").exceptions.NotFoundException):
        leads_to()

    second = provide(stage_on_aws)
    deployment.complete()
    assert (second != first, leads_to()) == (True, (second, "dev"))
    stage_on_aws.prove_usable()


def test_domain_that_leads_to_an_api_that_is_gone_is_led_to_the_new_one(stage_on_aws: RunningStage) -> None:
    deployment = stage_on_aws.deployment
    api = provide(stage_on_aws)
    deployment.update_domain({"HostedZoneId": zone()})
    gateway = boto3.client("apigateway")
    other = gateway.create_rest_api(name="other")["id"]
    gateway.update_base_path_mapping(
        domainName=HOST,
        basePath=ROOT,
        patchOperations=[
            {"op": "replace", "path": "/restapiId", "value": other},
            {"op": "replace", "path": "/stage", "value": ""},
        ],
    )
    deployment.complete()
    assert leads_to() == (api, "dev")


def test_links_to_another_stage_of_the_service_are_told(stage_on_aws: RunningStage) -> None:
    provide(stage_on_aws)
    assert "leads elsewhere" not in stage_on_aws.deployment.smoke_test()
    gateway = boto3.client("apigateway")
    other = gateway.create_rest_api(name="other")["id"]
    gateway.create_domain_name(domainName=HOST)
    gateway.create_base_path_mapping(domainName=HOST, restApiId=other, stage="")
    said = stage_on_aws.deployment.smoke_test()
    assert f"SITE_URL leads elsewhere: API Gateway leads {HOST} to the API {other}, stage any, and this" in said


REFUSED: dict[str, tuple[Callable[[], dict[str, str]], str]] = {
    "nothing": (dict, "needs PARAMETERS=.HostedZoneId="),
    "unknown zone": (lambda: {"HostedZoneId": "Z404"}, "no zone Z404"),
    "zone of another domain": (lambda: {"HostedZoneId": zone("subscriptions.example.org")}, "needs a public one"),
    "zone that ends alike": (lambda: {"HostedZoneId": zone("ample.com")}, "needs a public one"),
    "private zone": (lambda: {"HostedZoneId": zone(private=True)}, "needs a public one"),
    "unknown certificate": (
        lambda: {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/gone"},
        "there is no certificate",
    ),
    "certificate of another region": (
        lambda: {"CertificateArn": certificate(HOST, "eu-central-1")},
        "is not of us-east-1, where the API is",
    ),
    "certificate of another host": (
        lambda: {"CertificateArn": certificate("*.example.com")},
        r"is for \*\.example\.com, and not for dev\.subscriptions\.example\.com",
    ),
    "certificate that is not issued": (lambda: {"CertificateArn": certificate(HOST)}, "is PENDING_VALIDATION"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_domain_that_could_not_be_made_is_refused(account: Account, case: str) -> None:
    parameters, says = REFUSED[case]
    deployment = account.deployment()
    with pytest.raises(Refused, match=says):
        deployment.update_domain(parameters())
    assert not deployment.domain.stack.status


def test_address_of_the_api_itself_gets_no_domain(account: Account) -> None:
    account.stage["aws_environment_variables"]["SITE_URL"] = "https://a.execute-api.us-east-1.amazonaws.com/dev"
    with pytest.raises(Refused, match=r"SITE_URL in zappa_settings\.json is no domain of yours"):
        account.deployment().update_domain({"HostedZoneId": zone()})


@pytest.fixture
def with_domain(account: Account) -> Deployment:
    deployment = account.deployment()
    deployment.update_domain({"HostedZoneId": zone()})
    return deployment


def test_certificate_that_has_expired_is_refused_before_the_deployment(
    with_domain: Deployment, answers: InjectedAnswers
) -> None:
    with_domain.check_there()
    answers.alter("acm.DescribeCertificate", lambda body: body.replace(b"ISSUED", b"EXPIRED"))
    with pytest.raises(Refused, match="is EXPIRED"):
        rollout.deploy(with_domain, Steps())
    assert not with_domain.function.exists


def test_links_with_another_host_than_the_domain_are_refused(with_domain: Deployment, account: Account) -> None:
    variables = account.stage["aws_environment_variables"]
    variables |= {"SITE_URL": "https://example.com", "ALLOWED_HOSTS": f"example.com,{variables['ALLOWED_HOSTS']}"}
    with_domain.settings_file.write_text(json.dumps({"dev": account.stage}))
    with pytest.raises(Refused, match=r"links begin with example\.com, and the stage's domain is dev"):
        Deployment("dev", with_domain.settings_file).check_there()
