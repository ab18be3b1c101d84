"""RDS by the official client: argv[1] is the address, at a pace of 60; `orders` is the writer."""

import sys

from client import connect, done, refused, until

rds = connect(sys.argv[1], "rds")


def instance(name):
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return found


writer = instance("orders")
assert writer["DBInstanceStatus"] == "available" and writer["MultiAZ"], writer
assert writer["ReadReplicaDBInstanceIdentifiers"] == []
group = writer["DBParameterGroups"][0]["DBParameterGroupName"]
parameters = rds.describe_db_parameters(DBParameterGroupName=group, Source="user")["Parameters"]
assert [(p["ParameterName"], p["ParameterValue"]) for p in parameters] == [
    ("max_connections", "2000")
]

# A replica takes the time that it takes, and tells how far it is.
made = rds.create_db_instance_read_replica(
    DBInstanceIdentifier="orders-sp-1",
    SourceDBInstanceIdentifier="orders",
    Tags=[{"Key": "made-by", "Value": "setpoint"}],
)["DBInstance"]
assert made["DBInstanceStatus"] == "creating" and "Endpoint" not in made, made
assert made["TagList"] == [{"Key": "made-by", "Value": "setpoint"}]
assert instance("orders")["ReadReplicaDBInstanceIdentifiers"] == ["orders-sp-1"]
refused("InvalidDBInstanceState", rds.modify_db_instance, DBInstanceIdentifier="orders-sp-1")
seen = []


def served():
    status = instance("orders-sp-1")["DBInstanceStatus"]
    if status not in seen:
        seen.append(status)
    return status == "available"


until("replica", served, seconds=90)
assert seen == ["creating", "backing-up", "modifying", "available"], seen
replica = instance("orders-sp-1")
assert replica["ReadReplicaSourceDBInstanceIdentifier"] == "orders" and replica["Endpoint"]

# What RDS refuses.
refused("DBInstanceNotFound", rds.describe_db_instances, DBInstanceIdentifier="nobody")
refused("InvalidParameterValue", rds.describe_db_instances, MaxRecords=19)
refused("DBClusterNotFoundFault", rds.describe_db_clusters, DBClusterIdentifier="nobody")
assert rds.describe_db_clusters()["DBClusters"] == []
again = {"DBInstanceIdentifier": "orders-sp-1", "SourceDBInstanceIdentifier": "orders"}
refused("DBInstanceAlreadyExists", rds.create_db_instance_read_replica, **again)
refused(
    "DBInstanceNotFound",
    rds.create_db_instance_read_replica,
    DBInstanceIdentifier="x",
    SourceDBInstanceIdentifier="nobody",
)
refused(
    "InvalidParameterValue",
    rds.create_db_instance_read_replica,
    DBInstanceIdentifier="9-lives",
    SourceDBInstanceIdentifier="orders",
)
refused("InvalidParameterCombination", rds.delete_db_instance, DBInstanceIdentifier="orders")
refused("DBParameterGroupNotFound", rds.describe_db_parameters, DBParameterGroupName="nobody")

# Fifteen and no more, told in pages.
for number in range(2, 16):
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier=f"orders-sp-{number}", SourceDBInstanceIdentifier="orders"
    )
refused(
    "InstanceQuotaExceeded",
    rds.create_db_instance_read_replica,
    DBInstanceIdentifier="orders-sp-16",
    SourceDBInstanceIdentifier="orders",
)
names = [f"orders-sp-{number}" for number in (2, 3)]
found = rds.describe_db_instances(Filters=[{"Name": "db-instance-id", "Values": names}])
assert [one["DBInstanceIdentifier"] for one in found["DBInstances"]] == names
pages = rds.get_paginator("describe_db_instances").paginate(PaginationConfig={"PageSize": 20})
assert len([one for page in pages for one in page["DBInstances"]]) == 16

# Tags.
arn = writer["DBInstanceArn"]
rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "team", "Value": "a"}])
assert rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "team", "Value": "a"}]
rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["team"])
assert rds.list_tags_for_resource(ResourceName=arn)["TagList"] == []

# Changes.
changed = rds.modify_db_instance(DBInstanceIdentifier="orders", AllocatedStorage=200)["DBInstance"]
assert (changed["AllocatedStorage"], changed["DBInstanceStatus"]) == (200, "modifying")
until("change", lambda: instance("orders")["DBInstanceStatus"] == "available")
refused(
    "InvalidParameterCombination",
    rds.modify_db_instance,
    DBInstanceIdentifier="orders",
    AllocatedStorage=100,
)

# Deleting takes a while, and holds the name meanwhile.
gone = rds.delete_db_instance(DBInstanceIdentifier="orders-sp-1", SkipFinalSnapshot=True)
assert gone["DBInstance"]["DBInstanceStatus"] == "deleting"
refused("InvalidDBInstanceState", rds.delete_db_instance, DBInstanceIdentifier="orders-sp-1")
until(
    "deletion",
    lambda: "orders-sp-1" not in instance("orders")["ReadReplicaDBInstanceIdentifiers"],
)
done()
