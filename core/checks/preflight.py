"""May this plan be carried out? Everything that can be known by reading, each as one finding, good ones included.

Pure. A check answers the findings it has; none when there is nothing to judge. `CHECKS` is the order people read them.
"""

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from core.checks.findings import Finding, Level
from core.checks.standing import (
    GONE,
    LOST,
    differences,
    group_named,
    is_ours,
    missing_rules,
    offered,
    ports_by_purpose,
    standing_endpoint,
    wanted_rules,
)
from core.facts import Network, SecurityGroup, Service, Situation, Subnet, VpcEndpoint
from core.plan import MAX_GROUPS, ExistingGroups, NewGroup, Plan
from core.text import count, listed
from core.values import GroupId, SubnetId, is_anywhere

ENDPOINTS_PER_VPC: Final = 50
RULES_PER_GROUP: Final = 60
FEW_ADDRESSES: Final = 8

Check = Callable[[Plan, Situation], Iterable[Finding]]


def preflight(plan: Plan, situation: Situation) -> tuple[Finding, ...]:
    """Every check's findings, in order."""
    return tuple(finding for check in CHECKS for finding in check(plan, situation))


# ------------------------------------------------------------------------------------------ service


def provider(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.provider.casefold() == "aws":
        yield _ok("provider", f"{service.name} runs on AWS.", "service")
    else:
        yield Finding(
            "provider",
            "blocker",
            f"{service.name} does not run on AWS.",
            f"It runs on {service.provider or 'an unknown cloud'}, and PrivateLink reaches services on AWS only.",
            "Choose a service on AWS.",
            "service",
        )


def status(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.status == "ready":
        yield _ok("status", f"{service.name} is ready.", "service")
        return
    if service.status in _UNUSABLE:
        detail, remedy = _UNUSABLE[service.status]
        yield Finding("status", "blocker", f"{service.name} is {service.status}.", detail, remedy, "service")
        return
    flying = service.status.startswith("pending")
    yield Finding(
        "status",
        "warning",
        f"{service.name} is {service.status or 'in no state that SkySQL names'}.",
        "A change is in flight; the run waits for it." if flying else "This program does not know that state.",
        "" if flying else "See the SkySQL portal. The run waits until the service is ready.",
        "service",
    )  # fmt: skip


_UNUSABLE = {
    "failed": ("A failed service cannot be changed.", "Open a case with SkySQL support."),
    "stopped": ("A stopped service has no endpoint to link to.", "Start it in the SkySQL portal."),
    "retired": ("A retired service does not come back.", "Choose another service."),
}


def same_region(plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.region == plan.region:
        yield _ok("same-region", f"Service and VPC are both in {plan.region}.", "service")
    else:
        yield Finding(
            "same-region",
            "blocker",
            f"{service.name} is in {service.region}, the plan's VPC in {plan.region}.",
            "SkySQL links services within one region only.",
            f"Choose a VPC in {service.region}.",
            "network",
        )


def ports(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if not isinstance(plan.group, NewGroup):
        return
    service = situation.service
    found, without = ports_by_purpose(service.ports, plan.group.ports)
    if not service.ports:
        yield Finding(
            "ports",
            "warning",
            f"SkySQL shows no ports of {service.name} now.",
            "The rules are made when it does.",
            "",
            "access",
        )
    elif without:
        yield Finding(
            "ports",
            "blocker",
            f"{service.name} has no port for {listed(without)}.",
            f"Its ports are for {listed([port.purpose for port in service.ports])}.",
            "Choose among these.",
            "access",
        )
    else:
        words = listed([f"{port.number} ({port.purpose})" for port in found])
        yield _ok("ports", f"Clients use port {words}.", "access")


def interruption(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.private is not None:
        yield _ok("interruption", f"{service.name} is private already: nothing is interrupted.", "service")
        return
    entries = sum(len(endpoint.allow_list) for endpoint in service.endpoints)
    cleared = f"The IP allowlist ({count(entries, 'entry', 'entries')}) is cleared, and the" if entries else "The"
    yield Finding(
        "interruption",
        "warning",
        f"The switch drops every connection to {service.name}.",
        "It cannot be reached until the link works, usually some minutes. "
        f"{cleared} portal's Query Editor stops working.",
        "Run this when an interruption does no harm. The journal keeps the former allowlist.",
        "service",
    )


def second_endpoint(plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.public is None or service.private is None or set(service.private.accounts) == set(plan.accounts):
        return
    yield Finding(
        "second-endpoint",
        "warning",
        f"{service.name} has a public endpoint beside the private one.",
        "SkySQL does not say what a change of the accounts does to it.",
        "Look at the public endpoint in the SkySQL portal afterwards.",
        "accounts",
    )


# ------------------------------------------------------------------------------------------ accounts


def own_account(plan: Plan, situation: Situation) -> Iterable[Finding]:
    account = situation.identity.account
    if account in plan.accounts:
        yield _ok("own-account", f"Account {account} will be allowed.", "accounts")
    else:
        yield Finding(
            "own-account",
            "blocker",
            f"The signed-in account {account} is not among the allowed ones.",
            "An account that is not allowed cannot even see the endpoint service.",
            f"Add {account} to the accounts, or sign in to an account that is on the list.",
            "accounts",
        )


def removed_accounts(plan: Plan, situation: Situation) -> Iterable[Finding]:
    private = situation.service.private
    removed = [account for account in private.accounts if account not in plan.accounts] if private else []
    if removed:
        yield Finding(
            "removed-accounts",
            "warning",
            f"{listed(removed)} will not be allowed any more.",
            "Links which those accounts have already stay up until their endpoints are deleted.",
            "Have the endpoints deleted in those accounts if the access is to end.",
            "accounts",
        )


def region_enabled(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if plan.region in situation.regions:
        yield _ok("region-enabled", f"{plan.region} is enabled for the account.", "sign_in")
    else:
        yield Finding(
            "region-enabled",
            "blocker",
            f"{plan.region} is not enabled for account {situation.identity.account}.",
            "AWS refuses every call there.",
            "Enable it in the AWS console under Account, AWS Regions; that takes some minutes.",
            "sign_in",
        )


# ------------------------------------------------------------------------------------------ network


def vpc(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is not None:
        yield _ok("vpc", f"{plan.vpc} is there.", "network")
    elif plan.region in situation.regions:
        yield Finding(
            "vpc",
            "blocker",
            f"There is no VPC {plan.vpc} in {plan.region}.",
            f"Account {situation.identity.account} sees none of that id there.",
            "Choose another VPC, or sign in to the account it is in.",
            "network",
        )


def shared_vpc(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or network.vpc.owner == situation.identity.account:
        return
    yield Finding(
        "shared-vpc",
        "warning",
        f"{plan.vpc} belongs to account {network.vpc.owner} and is shared with this one.",
        "Endpoints can be made in subnets that are shared, by their participants too; the VPC's own settings are "
        "its owner's alone.",
        "If AWS refuses, run this signed in to the owner's account.",
        "network",
    )


def subnets(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None:
        return
    there = {subnet.id for subnet in network.subnets}
    lost = [subnet for subnet in plan.subnets if subnet not in there]
    if lost:
        yield Finding(
            "subnets",
            "blocker",
            f"{listed(lost)} is not in {plan.vpc}." if len(lost) == 1 else f"{listed(lost)} are not in {plan.vpc}.",
            "Deleted, or of another VPC or account.",
            "Choose among the VPC's subnets.",
            "network",
        )
    elif not plan.subnets:
        yield Finding(
            "subnets", "blocker", "No subnet is chosen.", "An endpoint needs one at least.", "Choose one.", "network"
        )
    else:
        yield _ok("subnets", f"{count(len(plan.subnets), 'subnet')} of {plan.vpc}.", "network")


def one_a_zone(plan: Plan, situation: Situation) -> Iterable[Finding]:
    chosen = _chosen(plan, situation)
    crowded = [zone for zone, number in Counter(subnet.zone.name for subnet in chosen).items() if number > 1]
    if crowded:
        yield Finding(
            "one-a-zone",
            "blocker",
            f"There are several subnets in {listed(crowded)}.",
            "An endpoint takes one subnet in an availability zone.",
            "Keep one for each zone.",
            "network",
        )


def free_addresses(plan: Plan, situation: Situation) -> Iterable[Finding]:
    standing = _standing(situation)
    held = standing.subnets if standing is not None else frozenset[SubnetId]()
    for subnet in _chosen(plan, situation):
        if subnet.id in held:
            continue
        if subnet.free < 1:
            yield Finding(
                "free-addresses",
                "blocker",
                f"{subnet.id} has no free address.",
                f"{subnet.cidr} is full, and the endpoint takes one.",
                "Choose another subnet of that zone.",
                "network",
            )
        elif subnet.free < FEW_ADDRESSES:
            yield Finding(
                "free-addresses",
                "warning",
                f"{subnet.id} has {count(subnet.free, 'free address', 'free addresses')}.",
                "The endpoint takes one of them.",
                "",
                "network",
            )


def ipv4(plan: Plan, situation: Situation) -> Iterable[Finding]:
    wrong = [subnet.id for subnet in _chosen(plan, situation) if subnet.ipv6_only]
    if wrong:
        yield Finding(
            "ipv4",
            "blocker",
            f"{listed(wrong)} has IPv6 only.",
            "The endpoint is reached over IPv4.",
            "Choose a subnet with IPv4 addresses.",
            "network",
        )


def zones(plan: Plan, situation: Situation) -> Iterable[Finding]:
    chosen = _chosen(plan, situation)
    if situation.endpoint_service is None or not chosen:
        return
    usable, left_out = offered(chosen, situation.endpoint_service)
    if not left_out:
        yield _ok("zones", "The endpoint service is in every chosen zone.", "network")
        return
    names = listed([subnet.zone.name for subnet in left_out])
    where = listed(sorted(situation.endpoint_service.zone_names or situation.endpoint_service.zone_ids))
    yield Finding(
        "zones",
        "warning" if usable else "blocker",
        f"The endpoint service is not in {names}.",
        f"It is in {where}." + (" The subnets elsewhere are left out." if usable else ""),
        "Choose subnets in the service's zones." if not usable else "",
        "network",
    )


# ------------------------------------------------------------------------------------------ security group


def existing_groups(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or not isinstance(plan.group, ExistingGroups):
        return
    there = {group.id: group for group in network.groups}
    lost = [group for group in plan.group.ids if group not in there]
    if lost:
        yield Finding(
            "groups",
            "blocker",
            f"Security group {listed(lost)} is not in {plan.vpc}.",
            "Deleted, or of another VPC.",
            "Choose among the VPC's groups.",
            "access",
        )
    if len(plan.group.ids) > MAX_GROUPS:
        yield Finding(
            "groups-number",
            "warning",
            f"There are {len(plan.group.ids)} security groups.",
            f"A network interface takes {MAX_GROUPS} unless AWS has raised that quota (L-2AFB9258).",
            "Choose fewer.",
            "access",
        )
    yield from _admitted([there[group] for group in plan.group.ids if group in there], situation.service)


def _admitted(groups: Sequence[SecurityGroup], service: Service) -> Iterable[Finding]:
    rules = [rule for group in groups for rule in group.rules]
    admitted = [port for port in service.ports if any(rule.admits(port.number) for rule in rules)]
    if not groups or not service.ports:
        return
    if not admitted:
        yield Finding(
            "groups-admit",
            "warning",
            "The chosen groups let nobody in on the service's ports.",
            f"Those are {listed([f'{port.number} ({port.purpose})' for port in service.ports])}.",
            "Add a rule to one of them, or choose another group; else no client can connect.",
            "access",
        )
    else:
        words = listed([f"{port.number} ({port.purpose})" for port in admitted])
        yield _ok("groups-admit", f"The chosen groups admit port {words}.", "access")


def group_name(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or not isinstance(plan.group, NewGroup):
        return
    found = group_named(network.groups, plan.group.name)
    if found is None:
        yield _ok("group-name", f"Security group “{plan.group.name}” will be made.", "access")
    elif is_ours(found.tags, situation.service.id):
        yield _ok("group-name", f"Security group {found.id} of an earlier run is used again.", "access")
    else:
        yield Finding(
            "group-name",
            "blocker",
            f"{plan.vpc} has a security group named “{found.name}” already.",
            f"{found.id} was not made by this program for this service.",
            "Give the new group another name, or choose the existing one.",
            "access",
        )


def rules_number(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if not isinstance(plan.group, NewGroup):
        return
    ours = _our_group(plan, situation)
    there = ours.rules if ours else ()
    sources = [rule.source for rule in there]
    sources += [rule.source for rule in missing_rules(wanted_rules(plan.group, situation.service), there)]
    # Counted for IPv4 and IPv6 each; a group or prefix list counts for both.
    most = max(sum(_version(source) != other for source in sources) for other in (4, 6))
    if most > RULES_PER_GROUP:
        yield Finding(
            "rules-number",
            "warning",  # whether the quota was raised cannot be read here; a refusal comes before the switch
            f"The security group would hold {most} rules.",
            f"AWS takes {RULES_PER_GROUP} unless it has raised the quota (L-0EA8095F).",
            "Use fewer sources: a wider range, a security group or a prefix list.",
            "access",
        )


def _version(source: str) -> int:
    """4, 6, or 0 for what is no address range."""
    try:
        return ipaddress.ip_network(source).version
    except ValueError:
        return 0


def rule_sources(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or not isinstance(plan.group, NewGroup):
        return
    groups = {str(group.id) for group in network.groups}
    lists = {item.id for item in situation.prefix_lists}
    lost = [
        source
        for source in plan.group.sources
        if (source.startswith("sg-") and source not in groups) or (source.startswith("pl-") and source not in lists)
    ]
    if lost:
        yield Finding(
            "rule-sources",
            "blocker",
            f"{listed(lost)} cannot be a rule's source.",
            f"There is no such security group in {plan.vpc}, or no such prefix list in {plan.region}.",
            "Choose sources from the lists.",
            "access",
        )


def anywhere(plan: Plan, _situation: Situation) -> Iterable[Finding]:
    if not isinstance(plan.group, NewGroup):
        return
    wide = [source for source in plan.group.sources if is_anywhere(source)]
    if wide:
        yield Finding(
            "anywhere",
            "warning",
            f"The rules admit {listed(wide)}.",
            "Whoever reaches the VPC's addresses, peered networks included, reaches the database's port.",
            "Name the clients' ranges or their security group instead.",
            "access",
        )


# ------------------------------------------------------------------------------------------ endpoint


def endpoint_quota(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or _standing(situation) is not None:
        return
    number = sum(endpoint.state not in GONE for endpoint in network.endpoints)
    if number >= ENDPOINTS_PER_VPC:
        yield Finding(
            "endpoint-quota",
            "warning",
            f"{plan.vpc} has {number} endpoints.",
            f"AWS takes {ENDPOINTS_PER_VPC} in a VPC unless it has raised the quota (L-29B6F2EB).",
            "Make sure that the quota has room, or delete an endpoint nobody uses.",
            "endpoint",
        )


def standing_link(plan: Plan, situation: Situation) -> Iterable[Finding]:
    standing = _standing(situation)
    if standing is None:
        return
    if standing.state in LOST:
        yield Finding(
            "endpoint",
            "blocker",
            f"VPC endpoint {standing.id} of an earlier run is {standing.state}.",
            f"It cannot be revived. {standing.last_error}".strip(),
            f"Delete {standing.id} in the AWS console and run again; a new one is made.",
            "endpoint",
        )
        return
    lacking = differences(standing, _group_ids(plan, situation), [it.id for it in _usable(plan, situation)])
    if lacking:
        yield Finding(
            "endpoint",
            "blocker",
            f"{plan.vpc} has an endpoint to the service already, and it is not what the plan says.",
            f"Of {standing.id}: {listed(lacking)}.",
            f"Put into the plan what {standing.id} has, or change or delete it in the AWS console; then run again.",
            "endpoint",
        )
    elif is_ours(standing.tags, situation.service.id):
        yield _ok("endpoint", f"VPC endpoint {standing.id} of an earlier run is used again.", "endpoint")
    else:
        yield Finding(
            "endpoint",
            "warning",
            f"VPC endpoint {standing.id} to the service is there already and is used.",
            "It was not made by this program; its name and tags stay as they are.",
            "",
            "endpoint",
        )


def vpc_dns(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or network.dns.ready or not (plan.private_dns or plan.enable_vpc_dns):
        return
    if not plan.enable_vpc_dns:
        yield Finding(
            "vpc-dns",
            "blocker",
            f"{plan.vpc} has {listed(_off(network))} off, and private DNS needs both attributes.",
            "They belong to the whole VPC, so they are not changed unasked.",
            "Set enable_vpc_dns = true in the plan's [endpoint], or private_dns = false.",
            "endpoint",
        )
    elif network.vpc.owner != situation.identity.account:
        yield Finding(
            "vpc-dns",
            "blocker",
            f"{plan.vpc} has {listed(_off(network))} off, and only its owner can switch that on.",
            f"The VPC belongs to account {network.vpc.owner}.",
            "Ask its owner to switch both on, or set private_dns = false.",
            "endpoint",
        )
    else:
        yield Finding(
            "vpc-dns",
            "warning",
            f"{listed(_off(network))} will be switched on for all of {plan.vpc}.",
            "Instances with public addresses get public DNS names, and the VPC resolves by Amazon's DNS.",
            "",
            "endpoint",
        )


def private_name(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network, service = situation.network, situation.service
    if network is None or not plan.private_dns:
        return
    offered_name = situation.endpoint_service.private_dns_name if situation.endpoint_service else ""
    names = {name.casefold() for name in (service.fqdn, offered_name) if name}
    standing = _standing(situation)
    for other in network.endpoints:
        if other.state in GONE or not other.private_dns or (standing is not None and other.id == standing.id):
            continue
        taken = [name for name in other.dns_names if name.casefold() in names]
        if taken:
            yield Finding(
                "private-name",
                "blocker",
                f"{other.id} has {listed(taken)} as its private DNS name already.",
                "A VPC resolves a name to one endpoint.",
                f"Switch private DNS off on {other.id}, or delete it, or set private_dns = false.",
                "endpoint",
            )


def without_private_dns(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if not plan.private_dns:
        yield Finding(
            "private-dns",
            "warning",
            "Private DNS is off: clients use AWS's name for the endpoint.",
            f"The certificate is for {situation.service.fqdn or 'the name at SkySQL'} and does not match it.",
            "Set private_dns = true if clients check the server's name.",
            "endpoint",
        )


CHECKS: Final[tuple[Check, ...]] = (
    provider,
    status,
    same_region,
    ports,
    interruption,
    second_endpoint,
    own_account,
    removed_accounts,
    region_enabled,
    vpc,
    shared_vpc,
    subnets,
    one_a_zone,
    free_addresses,
    ipv4,
    zones,
    existing_groups,
    group_name,
    rules_number,
    rule_sources,
    anywhere,
    endpoint_quota,
    standing_link,
    vpc_dns,
    private_name,
    without_private_dns,
)


# ------------------------------------------------------------------------------------------ what several ask


def _ok(check: str, title: str, page: str) -> Finding:
    level: Level = "ok"
    return Finding(check, level, title, page=page)


def _chosen(plan: Plan, situation: Situation) -> tuple[Subnet, ...]:
    there = {subnet.id: subnet for subnet in situation.network.subnets} if situation.network else {}
    return tuple(there[subnet] for subnet in plan.subnets if subnet in there)


def _usable(plan: Plan, situation: Situation) -> tuple[Subnet, ...]:
    return offered(_chosen(plan, situation), situation.endpoint_service)[0]


def _our_group(plan: Plan, situation: Situation) -> SecurityGroup | None:
    if situation.network is None or not isinstance(plan.group, NewGroup):
        return None
    found = group_named(situation.network.groups, plan.group.name)
    return found if found is not None and is_ours(found.tags, situation.service.id) else None


def _group_ids(plan: Plan, situation: Situation) -> tuple[GroupId, ...]:
    """The groups the endpoint is to carry; a group still to be made is one no standing endpoint can have."""
    if isinstance(plan.group, ExistingGroups):
        return plan.group.ids
    ours = _our_group(plan, situation)
    return (ours.id if ours else GroupId(f"“{plan.group.name}”"),)


def _standing(situation: Situation) -> VpcEndpoint | None:
    private = situation.service.private
    if situation.network is None or private is None or private.endpoint_service is None:
        return None
    to_it = [it for it in situation.network.endpoints if it.service == private.endpoint_service]
    return standing_endpoint(to_it, situation.service.id)


def _off(network: Network) -> list[str]:
    dns = network.dns
    return [name for name, on in (("enableDnsSupport", dns.support), ("enableDnsHostnames", dns.hostnames)) if not on]
