"""Deletion of a stage's database stack: preconditions, waiting, and the snapshots that remain."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3

from infra.deployment.deployment import Deployment
from infra.deployment.polling import poll
from infra.errors import NotSettled

LIMIT = timedelta(minutes=45)
"""Limit for Lambda to release the function's network interfaces, usually up to 20 minutes.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""


@dataclass(frozen=True)
class DataDeletion:
    """Queries AWS for the parts of data.yaml, by their names in the template."""

    deployment: Deployment
    limit: timedelta = LIMIT

    def problems(self) -> list[str]:
        """Return the preconditions that are not met, each with a command."""
        subnets = self.deployment.data.resource("DatabaseSubnets")
        found: list[str] = []
        for cluster in self._clusters():
            name = cluster["DBClusterIdentifier"]
            if name != self.deployment.name and subnets and cluster.get("DBSubnetGroup", "").lower() == subnets.lower():
                found.append(f"the database {name} lies in the network of this stack: delete it, or move it, first")
            if name == self.deployment.name and cluster.get("DeletionProtection"):
                found.append(f"the database {name} is protected: {self._unprotect()} first")
        return found

    def delete(self) -> str:
        """Delete the stack. Return the remaining snapshots of the database. Raises NotSettled and StackFailed."""
        self._wait_for_interfaces()
        self.deployment.data.delete()
        kept = self.snapshots()
        return f"kept: the snapshots {', '.join(kept)}" if kept else "AWS shows no snapshot of the database"

    def snapshots(self) -> list[str]:
        """Return the names of the database's manual snapshots, the newest last."""
        pages = self._client.get_paginator("describe_db_cluster_snapshots").paginate(
            DBClusterIdentifier=self.deployment.name, SnapshotType="manual"
        )
        found = [snapshot for page in pages for snapshot in page["DBClusterSnapshots"]]
        found.sort(key=lambda snapshot: str(snapshot.get("SnapshotCreateTime", "")))
        return [snapshot["DBClusterSnapshotIdentifier"] for snapshot in found]

    def _unprotect(self) -> str:
        if self.deployment.data.status == "DELETE_FAILED":  # it cannot be updated
            return (
                f"`aws rds modify-db-cluster --db-cluster-identifier {self.deployment.name} --no-deletion-protection`"
            )
        return f'`make data STAGE={self.deployment.stage_name} PARAMETERS="Protect=false"`'

    def _wait_for_interfaces(self) -> None:
        """Wait until the network interfaces are gone: AWS could not delete their security group after the database."""
        group = self.deployment.data.resource("FunctionSecurityGroup")
        client = boto3.client("ec2", region_name=self.deployment.region)

        def at_work() -> str:
            filters = [{"Name": "group-id", "Values": [group]}]
            found = client.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] if group else []
            return f"{len(found)} network interfaces of the function are still there" if found else ""

        said = poll(at_work, self.limit, timedelta(seconds=10))
        if said:
            raise NotSettled(f"{said} after {self.limit}. Nothing was deleted; try again later.")

    def _clusters(self) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("describe_db_clusters").paginate()
        return [cluster for page in pages for cluster in page["DBClusters"]]

    @property
    def _client(self) -> Any:  # RDS has no stubs among the requirements
        return boto3.client("rds", region_name=self.deployment.region)
