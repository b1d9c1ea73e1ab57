"""What time does, second by second: the switch, the endpoint's states, the private name's verification."""

from __future__ import annotations

from core.sandbox.clock import Delays
from tests.sandbox.conftest import Timed
from tests.sandbox.stage import US, refused

ORDERS, LEDGER = "dbpgf00000001", "dbpgf00000003"
D = Delays()


def created(timed: Timed, **changes: object) -> str:
    """A fresh endpoint to the service that is private from the start."""
    stage = timed.stage
    network = stage.network()
    offered = stage.ec2.describe_vpc_endpoint_services(ServiceNames=[stage.endpoint_service(LEDGER)])
    zones = offered["ServiceDetails"][0]["AvailabilityZones"]
    subnets = stage.ec2.describe_subnets(SubnetIds=network.subnets)["Subnets"]
    fitting = [subnet["SubnetId"] for subnet in subnets if subnet["AvailabilityZone"] in zones]
    endpoint = stage.create(network, stage.endpoint_service(LEDGER), SubnetIds=fitting, **changes)
    assert endpoint["State"] == "pending"
    return str(endpoint["VpcEndpointId"])


def test_the_switch_shows_its_endpoint_service_only_when_the_service_is_ready(timed: Timed) -> None:
    stage = timed.stage
    (answer,) = stage.patch(ORDERS, "privateconnect", US).json()
    assert (answer["mechanism"], answer["visibility"]) == ("privateconnect", "private")
    assert (answer["allowed_accounts"], answer["endpoint_service"]) == ([US], "")
    timed.hands.pass_(D.switch - 1)
    during = stage.service(ORDERS)
    assert during["status"] == "pending_modifying"
    assert during["endpoints"][0]["mechanism"] == "privateconnect"
    assert during["endpoints"][0]["endpoint_service"] == ""
    assert during["endpoints"][0]["allow_list"] == []
    timed.hands.pass_(1)
    after = stage.service(ORDERS)
    assert after["status"] == "ready"
    assert after["endpoints"][0]["mechanism"] == "privatelink"  # the other spelling that is seen
    assert after["endpoints"][0]["endpoint_service"].startswith("com.amazonaws.vpce.us-east-2.vpce-svc-")


def test_a_fresh_endpoint_service_is_first_unseen_then_unavailable_then_there(timed: Timed) -> None:
    stage = timed.stage
    network = stage.network()
    stage.patch(ORDERS, "privateconnect", US)
    timed.hands.pass_(D.switch)
    name = stage.endpoint_service(ORDERS)

    def look() -> object:
        return stage.ec2.describe_vpc_endpoint_services(ServiceNames=[name])

    unseen = refused(look)
    assert (unseen.code, unseen.status) == ("InvalidServiceName", 400)
    assert unseen.message == f"The Vpc Endpoint Service '{name}' does not exist"
    assert refused(lambda: stage.create(network, name)).code == "InvalidServiceName"
    timed.hands.pass_(D.sight)
    look()
    early = refused(lambda: stage.create(network, name))
    assert (early.code, early.status) == ("Unavailable", 503)
    assert early.message == "The service is unavailable. Please try again shortly."
    timed.hands.pass_(D.creation)
    assert stage.create(network, name)["State"] == "pending"


def test_an_endpoint_comes_up_goes_back_on_modify_and_leaves_slowly(timed: Timed) -> None:
    stage, hands = timed.stage, timed.hands
    endpoint = created(timed)
    seen = [stage.state(endpoint)]
    hands.pass_(D.pending)
    seen.append(stage.state(endpoint))
    stage.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=True)
    seen.append(stage.state(endpoint))
    hands.pass_(D.modify)
    seen.append(stage.state(endpoint))
    assert stage.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"] == []
    seen.append(stage.state(endpoint))
    hands.pass_(D.delete)
    seen.append(stage.state(endpoint))
    hands.pass_(D.linger)
    seen.append(stage.state(endpoint))
    assert seen == [
        *("pending", "available", "pending", "available"),
        *("deleting", "deleted", "InvalidVpcEndpointId.NotFound"),
    ]


def test_the_private_name_is_verified_some_time_after_the_endpoint_service_exists(timed: Timed) -> None:
    stage = timed.stage
    network = stage.network()
    stage.patch(ORDERS, "privateconnect", US)
    timed.hands.pass_(D.switch)
    name = stage.endpoint_service(ORDERS)
    timed.hands.pass_(D.sight + D.creation)

    def verification() -> str:
        found = stage.ec2.describe_vpc_endpoint_services(ServiceNames=[name])["ServiceDetails"][0]
        return found["PrivateDnsNameVerificationState"]

    assert verification() == "pendingVerification"
    early = refused(lambda: stage.create(network, name, PrivateDnsEnabled=True))
    assert early.code == "InvalidParameter"
    assert "has not verified the private DNS name" in early.message
    timed.hands.pass_(D.verification)
    assert verification() == "verified"
    assert stage.create(network, name, PrivateDnsEnabled=True)["PrivateDnsEnabled"]


def test_switching_back_rejects_the_endpoints_and_leaves_nobody_allowed(timed: Timed) -> None:
    stage = timed.stage
    endpoint = created(timed)
    timed.hands.pass_(D.pending)
    name = stage.endpoint_service(LEDGER)
    (answer,) = stage.patch(LEDGER, "nlb").json()
    assert (answer["mechanism"], answer["visibility"]) == ("nlb", "public")
    assert (answer["allowed_accounts"], answer["endpoint_service"]) == ([], "")
    assert stage.state(endpoint) == "rejected"
    assert refused(lambda: stage.ec2.describe_vpc_endpoint_services(ServiceNames=[name])).code == "InvalidServiceName"
    timed.hands.pass_(D.switch)
    after = stage.service(LEDGER)
    assert (after["status"], after["endpoints"][0]["allow_list"]) == ("ready", [])


def test_a_change_of_accounts_keeps_the_endpoint_service_and_the_links(timed: Timed) -> None:
    stage = timed.stage
    endpoint = created(timed)
    timed.hands.pass_(D.pending)
    name = stage.endpoint_service(LEDGER)
    stage.patch(LEDGER, "privateconnect", "210987654321")
    during = stage.service(LEDGER)
    assert (during["status"], during["endpoints"][0]["endpoint_service"]) == ("pending_modifying", name)
    timed.hands.pass_(D.accounts)
    after = stage.service(LEDGER)
    assert after["status"] == "ready"
    assert after["endpoints"][0]["allowed_accounts"] == ["210987654321"]
    assert after["endpoints"][0]["endpoint_service"] == name
    assert stage.state(endpoint) == "available"
    assert refused(lambda: stage.ec2.describe_vpc_endpoint_services(ServiceNames=[name])).code == "InvalidServiceName"


def test_a_second_change_is_refused_while_the_first_is_in_flight(timed: Timed) -> None:
    stage = timed.stage
    stage.patch(ORDERS, "privateconnect", US)
    busy = stage.patch(ORDERS, "nlb")
    assert busy.status_code == 409
    assert "in progress" in busy.json()["errors"][0]["message"]
    timed.hands.pass_(D.switch)
    assert stage.patch(ORDERS, "nlb").status_code == 200


def test_a_changed_allowlist_is_told_at_once_and_applied_a_little_later(timed: Timed) -> None:
    stage = timed.stage
    path = f"/provisioning/v1/services/{ORDERS}/security/allowlist"
    office = {"ip": "203.0.113.7/32", "comment": "office"}
    assert stage.http.put(path, json=[office]).json()[0]["allow_list"] == [office]
    assert stage.service(ORDERS)["status"] == "pending_modifying"
    assert stage.http.put(path, json=[]).status_code == 409
    timed.hands.pass_(D.accounts)
    after = stage.service(ORDERS)
    assert (after["status"], after["endpoints"][0]["allow_list"]) == ("ready", [office])


def test_a_launch_and_a_stop_take_their_time(timed: Timed) -> None:
    stage, hands = timed.stage, timed.hands
    service = stage.launch()
    begun = stage.service(service)
    assert (begun["status"], begun["fqdn"], begun["endpoints"]) == ("pending_create", "", [])
    hands.pass_(D.launch)
    ready = stage.service(service)
    assert (ready["status"], bool(ready["fqdn"])) == ("ready", True)
    power = f"/provisioning/v1/services/{service}/power"
    stage.http.post(power, json={"is_active": False})
    assert stage.service(service)["status"] == "pending_stop"
    hands.pass_(D.power)
    assert stage.service(service)["status"] == "stopped"
    stage.http.post(power, json={"is_active": True})
    assert stage.service(service)["status"] == "pending_start"
    hands.pass_(D.power)
    assert stage.service(service)["status"] == "ready"
    stage.http.delete(f"/provisioning/v1/services/{service}")
    assert stage.service(service)["status"] == "pending_delete"
    hands.pass_(D.power)
    assert stage.http.get(f"/provisioning/v1/services/{service}").status_code == 404
