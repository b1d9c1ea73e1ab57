"""What IAM conditions may ask about a resource that exists: its tags, its VPC, the service behind an endpoint."""

from __future__ import annotations

from core.sandbox.aws.backend import Backend
from core.sandbox.aws.policies import Context
from core.sandbox.aws.services import Market


def attributes(backend: Backend, market: Market, name: str) -> Context:
    """The condition keys of a resource by its id, or of an endpoint service by its name; none for what is unknown."""
    if name.startswith("com.amazonaws."):
        return {"ec2:vpceservicename": (name,), "ec2:vpceserviceowner": (market.owner(name),)}
    keys: dict[str, tuple[str, ...]] = {}
    for key, value in backend.tags.get(name, {}).items():
        keys[f"aws:resourcetag/{key.lower()}"] = keys[f"ec2:resourcetag/{key.lower()}"] = (value,)
    prefix = name.rpartition("-")[0]
    if prefix == "vpc":
        keys["ec2:vpcid"] = (name,)
    elif prefix in ("subnet", "sg"):
        keys["ec2:subnetid" if prefix == "subnet" else "ec2:securitygroupid"] = (name,)
        keys["ec2:vpc"] = tuple(
            f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:vpc/{vpc_id}" for vpc_id in _vpc_of(backend, name)
        )
    elif prefix == "vpce" and name in backend.vpc_end_points:
        keys |= attributes(backend, market, backend.vpc_end_points[name].service_name)
    return keys


def _vpc_of(backend: Backend, name: str) -> list[str]:
    group = backend.get_security_group_from_id(name)
    subnets = [zone[name] for zone in backend.subnets.values() if name in zone]
    return [str(one.vpc_id) for one in (group, *subnets) if one is not None]
