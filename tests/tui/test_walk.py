"""The whole walk by keyboard at 80x24 against the real sandbox process, read back with a client of the test's own."""

from collections.abc import Mapping

from tests.plans import ec2, vpc_named
from tests.tui.walk import Wizards, at, page, screen_text, to, until


async def test_from_the_first_page_to_done(own_wizards: Wizards, own_sandbox: Mapping[str, str]) -> None:
    wizard = own_wizards()
    async with wizard.run_test(size=(80, 24)) as pilot:
        await to(pilot, "review")
        assert "orders-prod" in screen_text(pilot)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: page(pilot) == "Ask", "the service's name is asked for")
        await pilot.press(*"orders-prod", "enter")
        await at(pilot, "run")
        await until(pilot, lambda: wizard.result is not None, "the run ends")
        assert wizard.result is not None
        assert wizard.result.status == "done", wizard.result
        await pilot.press("ctrl+n")
        await at(pilot, "done")
        assert wizard.result.host in screen_text(pilot)
        await pilot.press("ctrl+n")
    assert wizard.return_code == 0

    result = wizard.result
    with ec2(own_sandbox) as client:
        (endpoint,) = client.describe_vpc_endpoints(VpcEndpointIds=[result.vpc_endpoint_id])["VpcEndpoints"]
        assert str(endpoint["State"]) == "available"  # the wire has it in lower case, whatever the types say
        assert endpoint["VpcId"] == vpc_named(client, "prod-core")
        assert len(endpoint["SubnetIds"]) == 3
        assert endpoint["PrivateDnsEnabled"] is True
        assert result.host in [entry["DnsName"] for entry in endpoint["DnsEntries"]]
        (group,) = client.describe_security_groups(GroupIds=[result.security_group_id])["SecurityGroups"]
        assert group["VpcId"] == endpoint["VpcId"]
        (rule,) = group["IpPermissions"]
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 3306, 3306)
        assert [each["CidrIp"] for each in rule["IpRanges"]] == ["10.20.0.0/16"]


async def test_back_and_forth_loses_no_answer(wizards: Wizards) -> None:
    wizard = wizards()
    async with wizard.run_test(size=(80, 24)) as pilot:
        await to(pilot, "review")
        answered = wizard.draft
        for name in ("endpoint", "access", "network", "accounts", "service"):
            await pilot.press("escape")
            await at(pilot, name)
        for name in ("accounts", "network", "access", "endpoint", "review"):
            await pilot.press("ctrl+n")
            await at(pilot, name)
        assert wizard.draft == answered


async def test_another_service_clears_what_hung_on_the_first(wizards: Wizards) -> None:
    wizard = wizards()
    async with wizard.run_test(size=(80, 24)) as pilot:
        await to(pilot, "access")
        assert wizard.draft.vpc is not None
        for name in ("network", "accounts", "service"):
            await pilot.press("escape")
            await at(pilot, name)
        await pilot.press(*"crm-eu")
        await pilot.press("ctrl+n")
        await at(pilot, "accounts")
        assert wizard.draft.service_name == "crm-eu"
        assert wizard.draft.vpc is None
