"""Deploy the example product to the local AWS and use it: `python -m tests.examples.product_deployment`.

Run it in a fork: a repository whose zappa_settings.json is the product's.
"""

import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import django

from infra.deployment import rollout
from infra.deployment.deployed_function import PATIENT
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.lambda_local.eventbridge.deployed_rules import deployed_rules
from infra.packaging.local_environment import be_local
from infra.packaging.package import make_package
from tests.end_to_end.deploy_local import quieten_moto
from tests.end_to_end.deployed_state import expect, expect_page
from tests.end_to_end.local_cloud import LocalCloud

STAGE = "dev"
JOB = "examples.product.jobs.mail_reports"


def deploy(deployment: Deployment, cloud: LocalCloud) -> None:
    """Make stack and secret, package, and deploy with migrations and smoke test, as an operator does."""
    deployment.update_stack()
    cloud.provide_what_moto_ignores(deployment)
    deployment.secret.complete()
    deployment.secret.write(DATABASE_URL=cloud.database.url)
    cloud.verify(deployment.from_address, deployment.region)
    rollout.deploy(deployment, Steps(), make_package(STAGE))


def use(deployment: Deployment, cloud: LocalCloud) -> None:
    """Subscribe a user, fire the product's schedule, and look at a page. Raises NotAsDeployed."""
    # They load models, which needs the Django that is set up by now.
    from examples.product.models import Report  # noqa: PLC0415
    from subscriptions.services import SubscriptionService  # noqa: PLC0415
    from tests.support.factories import make_plan, make_user  # noqa: PLC0415

    SubscriptionService.create_subscription(make_user(), make_plan(), now=datetime.now(UTC) - timedelta(hours=1))
    expect("reports to mail", Report.objects.unmailed().count(), 1)
    [rule] = [rule for rule in deployed_rules(boto3.client("events")) if rule.rule_name.endswith(JOB)]
    for arn, event in rule.deliveries(datetime.now(UTC)):
        answer = boto3.client("lambda", config=PATIENT).invoke(FunctionName=arn, Payload=json.dumps(event).encode())
        expect(rule.rule_name, answer.get("FunctionError"), None)
    expect("reports to mail", Report.objects.unmailed().count(), 0)
    expect("mails", [str(mail.message["Subject"]) for mail in cloud.aws.mails()], ["Welcome to Monthly is ready"])
    expect_page(f"{deployment.url()}/", "Acme Reports</title>")
    expect_page(f"{deployment.url()}/imprint/", "1 Example Street")


def main() -> int:
    """Run it; return the exit status."""
    quieten_moto()
    be_local(DJANGO_SETTINGS_MODULE="examples.product.settings")
    deployment = Deployment(STAGE)
    variables = deployment.stage.settings["aws_environment_variables"]
    cloud = LocalCloud(topic_arn=variables["SNS_TOPIC_ARN"], from_address=deployment.from_address)
    with tempfile.TemporaryDirectory() as directory, cloud:
        be_local(DATABASE_URL=cloud.database.url)
        django.setup()
        deployment = Deployment(STAGE, address=cloud.address, directory=Path(directory))
        deploy(deployment, cloud)
        use(deployment, cloud)
    return 0


if __name__ == "__main__":
    sys.exit(main())
