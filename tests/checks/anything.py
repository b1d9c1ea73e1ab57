"""Plans and situations that nobody thought of, for properties."""

import string
from dataclasses import replace

from hypothesis import strategies as st

from core.facts import (
    AclEntry,
    EndpointService,
    Interface,
    PrivateZone,
    Rule,
    Situation,
    VpcDns,
)
from core.plan import ExistingGroups, NewGroup, Plan
from core.values import AccountId, GroupId, Source, SubnetId
from tests.work.fake import (
    ACCOUNT,
    FQDN,
    GROUP,
    LINKED,
    OPEN_ACL,
    PLAN,
    PRIVATE,
    PUBLIC,
    READY,
    SUBNETS,
    VISIBLE,
    network,
    our_endpoint,
    our_group,
    situation,
)

OTHER = AccountId("210987654321")

words = st.text(string.ascii_letters + " [/]\n\x1b\u202e\u00e9", max_size=12)
few = st.sampled_from


def situations() -> st.SearchStrategy[Situation]:
    service = st.builds(
        replace,
        few([READY, LINKED]),
        name=words,
        provider=few(["aws", "gcp", ""]),
        status=few(["ready", "failed", "pending_x", "", "hibernating"]),
        endpoints=st.lists(few([PUBLIC, PRIVATE, replace(PRIVATE, endpoint_service=None, ports=())])).map(tuple),
    )
    subnets = st.lists(
        st.builds(replace, few(SUBNETS), free=st.integers(-1, 300), ipv6_only=st.booleans()), max_size=5
    ).map(tuple)
    endpoint = st.builds(
        replace,
        st.just(our_endpoint()),
        state=words,
        private_dns=st.booleans(),
        dns_names=st.lists(few([FQDN, "", "x"])).map(tuple),
        subnets=st.frozensets(few(PLAN.subnets)),
        tags=few([(), our_endpoint().tags]),
    )
    groups = st.lists(few([our_group(), our_group(tags=()), our_group(rules=(Rule("icmp", -1, -1, Source("?")),))]))
    ports = st.integers(-1, 65536)
    cidrs = few(["0.0.0.0/0", "10.0.0.0/16", "::/0", "", "10.0.0.0/99"])
    entry = st.builds(AclEntry, st.integers(-1, 40000), st.booleans(), st.booleans(), words, cidrs, ports, ports)
    acl = st.builds(
        replace, st.just(OPEN_ACL), subnets=st.frozensets(few(PLAN.subnets)), entries=st.lists(entry).map(tuple)
    )
    interface = st.builds(
        Interface,
        words,
        few(["interface", "vpc_endpoint", ""]),
        words,
        few(["in-use", "available", ""]),
        few([*PLAN.subnets, SubnetId("subnet-0bad")]),
        st.frozensets(few([GROUP, GroupId("sg-0bad")])),
        st.lists(few(["10.0.0.5", "fd00::5", "", "10.9.9.9.9"]), max_size=2).map(tuple),
        instance=few(["", "i-1"]),
    )
    net = st.builds(
        replace,
        st.just(network()),
        acls=st.none() | st.lists(acl, max_size=2).map(tuple),
        interfaces=st.none() | st.lists(interface, max_size=3).map(tuple),
        subnets=subnets,
        groups=groups.map(tuple),
        endpoints=st.lists(endpoint, max_size=3).map(tuple),
        dns=st.builds(VpcDns, st.booleans(), st.booleans()),
    )
    offered = st.builds(
        EndpointService, st.just(VISIBLE.name), st.frozensets(few([z.zone.id for z in SUBNETS])), st.frozensets(words)
    )
    zone = st.builds(
        PrivateZone, words, few([FQDN, FQDN.upper(), FQDN.partition(".")[2], "com", ""]), few(["", ACCOUNT, "efs.aws"])
    )
    return st.builds(
        replace,
        st.just(situation()),
        private_zones=st.none() | st.lists(zone, max_size=3).map(tuple),
        groups_in_region=st.none() | st.integers(0, 3000),
        service=service,
        network=st.none() | net,
        endpoint_service=st.none() | offered,
        regions=st.frozensets(few([PLAN.region])),
    )


def plans() -> st.SearchStrategy[Plan]:
    group = st.builds(
        NewGroup,
        words,
        words,
        st.lists(few(["readwrite", "readonly", "sparksql"])).map(tuple),
        st.lists(few([Source("10.0.0.0/8"), Source("::/0"), Source("sg-1"), Source("pl-1"), Source("?")])).map(tuple),
    )
    existing = st.builds(ExistingGroups, st.lists(few([GROUP, GroupId("sg-0bad")])).map(tuple))
    return st.builds(
        replace,
        st.just(PLAN),
        accounts=st.lists(few([ACCOUNT, OTHER])).map(tuple),
        subnets=st.lists(few([*PLAN.subnets, SubnetId("subnet-0bad")])).map(tuple),
        group=group | existing,
        private_dns=st.booleans(),
        enable_vpc_dns=st.booleans(),
    )
