"""PostgreSQL at Azure by the official client: argv[1] is the address, at a pace of 600; argv[2], if there is
any, is `reader`, a token. `orders` is the primary."""

import sys

from azure.mgmt.postgresqlflexibleservers import PostgreSQLManagementClient

from azure_client import DONE, connect, end, no, ok, until

MODE = (sys.argv[2:] or ["operator"])[0]
ID = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/orders"
REPLICA = {"location": "West Europe", "tags": {"made-by": "setpoint"},
           "properties": {"createMode": "Replica", "sourceServerResourceId": ID}}

client = connect(PostgreSQLManagementClient, None if MODE == "operator" else MODE)
servers, replicas = client.servers, client.replicas

if MODE == "reader":
    # Who may look and change nothing, and who is nobody.
    assert ok(servers.get, "rg", "orders").state == "Ready"
    said = no(403, "AuthorizationFailed", servers.begin_create_or_update, "rg", "orders-sp-1", REPLICA)
    assert "Microsoft.DBforPostgreSQL/flexibleServers/write" in str(said), said
    said = no(403, "AuthorizationFailed", servers.begin_delete, "rg", "orders")
    assert "Microsoft.DBforPostgreSQL/flexibleServers/delete" in str(said), said
    nobody = connect(PostgreSQLManagementClient, None)
    no(401, "AuthenticationFailed", nobody.servers.get, "rg", "orders")
    end()

# How the scenario's database stands.
primary = ok(servers.get, "RG", "Orders")
assert (primary.id, primary.name, primary.state) == (ID, "orders", "Ready"), primary
assert (primary.replication_role, primary.replica.capacity, primary.tags) == ("Primary", 5, {}), primary
assert primary.source_server_resource_id is None and primary.replica.replication_state is None, primary
assert (primary.sku.tier, primary.version, primary.network.public_network_access) == ("GeneralPurpose", "16", "Enabled")
assert [it.name for it in ok(servers.list_by_resource_group, "rg")] == ["orders"]
assert [it.name for it in ok(servers.list_by_subscription)] == ["orders"]
assert ok(replicas.list_by_server, "rg", "orders") == []
assert ok(client.virtual_endpoints.list_by_server, "rg", "orders") == []
most = ok(client.configurations.get, "rg", "orders", "max_connections")
assert (most.value, most.data_type, most.is_dynamic_config) == ("2000", "Integer", False), most
assert [it.name for it in ok(client.configurations.list_by_server, "rg", "orders")] == ["max_connections"]

# A replica takes the time that it takes, and tells how far it is.
poller = servers.begin_create_or_update("rg", "orders-sp-1", REPLICA)
assert poller.status() == "InProgress", poller.status()
seen = []


def served():
    (one,) = replicas.list_by_server("rg", "orders")
    stage = (one.state, one.replica.replication_state)
    if stage not in seen:
        seen.append(stage)
    return stage == ("Ready", "Active")


until("replica", served, seconds=60)
assert seen[0] == ("Provisioning", "Provisioning"), seen
made = poller.result()
DONE.add(servers.begin_create_or_update.__qualname__)
assert poller.status() == "Succeeded"
assert (made.name, made.state, made.tags) == ("orders-sp-1", "Ready", {"made-by": "setpoint"}), made
assert (made.replication_role, made.source_server_resource_id) == ("AsyncReplica", ID), made
assert ok(replicas.list_by_server, "rg", "orders-sp-1") == []

# What Azure refuses.
no(404, "ResourceNotFound", servers.get, "rg", "nobody")
no(404, "ResourceGroupNotFound", servers.list_by_resource_group, "another")
no(404, "ResourceNotFound", replicas.list_by_server, "rg", "nobody")
no(404, "ResourceNotFound", client.configurations.get, "rg", "orders", "work_mem")
make = servers.begin_create_or_update
no(409, "ServerNameAlreadyExists", make, "rg", "orders-sp-1", REPLICA)
no(400, "InvalidParameterValue", make, "rg", "Orders-SP", REPLICA)
no(400, "LocationRequired", make, "rg", "orders-x", {"properties": REPLICA["properties"]})
other = {"createMode": "Replica", "sourceServerResourceId": ID + "-sp-1"}
no(400, "InvalidParameterValue", make, "rg", "orders-x", REPLICA | {"properties": other})
no(400, "InvalidParameterValue", make, "rg", "orders-x", REPLICA | {"properties": {"createMode": "Create"}})
no(409, "OperationNotAllowed", servers.begin_delete, "rg", "orders")
for slot in range(2, 6):
    make("rg", f"orders-sp-{slot}", REPLICA, polling=False)
said = no(409, "OperationNotAllowed", make, "rg", "orders-sp-6", REPLICA)
assert "5 read replicas" in str(said), said
assert len(ok(replicas.list_by_server, "rg", "orders")) == 5

# Tags are changed, and nothing else is.
assert ok(servers.begin_update, "rg", "orders", {"tags": {"setpoint:pause": "x"}}).tags == {"setpoint:pause": "x"}

# Deleting takes a while, and holds the name meanwhile.
servers.begin_delete("rg", "orders-sp-1", polling=False)
going = servers.get("rg", "orders-sp-1")
assert going.state == "Dropping", going
no(409, "ServerNameAlreadyExists", make, "rg", "orders-sp-1", REPLICA)
ok(servers.begin_delete, "rg", "orders-sp-1")
no(404, "ResourceNotFound", servers.get, "rg", "orders-sp-1")
ok(servers.begin_delete, "rg", "orders-sp-1")
assert [it.name for it in replicas.list_by_server("rg", "orders")] == [f"orders-sp-{slot}" for slot in range(2, 6)]
end()
