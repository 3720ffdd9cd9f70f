"""Deletion of a stage's database stack: preconditions, waiting, and the snapshots that remain."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import boto3

from infra.deployment.deployment import Deployment
from infra.deployment.polling import poll
from infra.errors import NotSettled

LIMIT = timedelta(minutes=45)
"""Limit for Lambda to release the function's network interfaces, usually up to 20 minutes.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""


@dataclass(frozen=True)
class Database:
    """Cluster or single instance, as RDS describes it. `subnets` is the name of its subnet group."""

    name: str
    subnets: str
    is_protected: bool
    is_cluster: bool

    @classmethod
    def of_cluster(cls, described: dict[str, Any]) -> Self:
        """Return a cluster of Aurora."""
        name, subnets = described["DBClusterIdentifier"], described.get("DBSubnetGroup", "")
        return cls(name, subnets, bool(described.get("DeletionProtection")), is_cluster=True)

    @classmethod
    def of_instance(cls, described: dict[str, Any]) -> Self:
        """Return an instance of its own."""
        name, subnets = (
            described["DBInstanceIdentifier"],
            described.get("DBSubnetGroup", {}).get("DBSubnetGroupName", ""),
        )
        return cls(name, subnets, bool(described.get("DeletionProtection")), is_cluster=False)


@dataclass(frozen=True)
class DataDeletion:
    """Queries AWS for the parts of data.yaml, by their names in the template."""

    deployment: Deployment
    limit: timedelta = LIMIT

    def problems(self) -> list[str]:
        """Return the preconditions that are not met, each with a command."""
        subnets = self.deployment.data.resource("DatabaseSubnets").lower()
        found: list[str] = []
        for database in self._databases():
            name = database.name
            if name != self.deployment.name and subnets and database.subnets.lower() == subnets:
                found.append(f"the database {name} lies in the network of this stack: delete it, or move it, first")
            if name == self.deployment.name and database.is_protected:
                found.append(f"the database {name} is protected: {self._unprotect(database)} first")
        return found

    def delete(self) -> str:
        """Delete the stack. Return the remaining snapshots of the database. Raises NotSettled and StackFailed."""
        self._wait_for_interfaces()
        self.deployment.data.delete()
        kept = self.snapshots()
        return f"kept: the snapshots {', '.join(kept)}" if kept else "AWS shows no snapshot of the database"

    def snapshots(self) -> list[str]:
        """Return the names of the database's manual snapshots, the newest last."""
        found = [
            (str(snapshot.get("SnapshotCreateTime", "")), snapshot[f"DB{kind}SnapshotIdentifier"])
            for kind, identifier in (("Cluster", "DBClusterIdentifier"), ("", "DBInstanceIdentifier"))
            for snapshot in self._snapshots(kind, identifier)
        ]
        return [name for _, name in sorted(found)]

    def _snapshots(self, kind: str, identifier: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator(f"describe_db_{f'{kind.lower()}_' if kind else ''}snapshots").paginate(
            SnapshotType="manual", **{identifier: self.deployment.name}
        )
        return [snapshot for page in pages for snapshot in page[f"DB{kind}Snapshots"]]

    def _unprotect(self, database: "Database") -> str:
        if self.deployment.data.status == "DELETE_FAILED":  # it cannot be updated
            kind = "cluster" if database.is_cluster else "instance"
            return f"`aws rds modify-db-{kind} --db-{kind}-identifier {database.name} --no-deletion-protection`"
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

    def _databases(self) -> list["Database"]:
        """Return Aurora's clusters, and the instances that are not members of one."""
        clusters = self._client.get_paginator("describe_db_clusters").paginate()
        instances = self._client.get_paginator("describe_db_instances").paginate()
        return [Database.of_cluster(each) for page in clusters for each in page["DBClusters"]] + [
            Database.of_instance(each)
            for page in instances
            for each in page["DBInstances"]
            if not each.get("DBClusterIdentifier")
        ]

    @property
    def _client(self) -> Any:  # RDS has no stubs among the requirements
        return boto3.client("rds", region_name=self.deployment.region)
