"""Network ACLs as AWS keeps them.

moto gives a new one no entry at all, keeps protocols as they were typed, and fails where an id is unknown.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.network_acls import NetworkAcl, NetworkAclAssociation, NetworkAclEntry

from core.sandbox.aws.refusal import refuse

_LAST = 32767  # what nothing else admits, AWS refuses
_NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17", "all": "-1"}


class Acls(EC2Backend):
    """The part of a backend that holds the network ACLs."""

    def get_network_acl(self, network_acl_id: str) -> NetworkAcl:
        return self.network_acls.get(network_acl_id) or refuse(
            "InvalidNetworkAclID.NotFound", f"The networkAcl ID '{network_acl_id}' does not exist"
        )

    def create_network_acl(
        self, vpc_id: str, tags: list[dict[str, str]] | None = None, default: bool = False
    ) -> NetworkAcl:
        made = super().create_network_acl(vpc_id, tags, default)
        if not default:  # moto fills those itself
            for outbound in (True, False):
                self.enter(made.id, _LAST, "deny", outbound=outbound)
        return made

    def enter(
        self, acl: str, number: int, action: str, *, outbound: bool, ports: tuple[int, int] | None = None
    ) -> None:
        """An entry for IPv4 from or to anywhere: TCP on these ports, or everything."""
        first, last = ports or (None, None)
        self.create_network_acl_entry(
            acl, number, "tcp" if ports else "-1", action, outbound, "0.0.0.0/0", None, None, first, last, None
        )

    def create_network_acl_entry(
        self, network_acl_id: str, rule_number: int, protocol: str, *others: Any, **more: Any
    ) -> NetworkAclEntry:
        number = _NUMBERS.get(str(protocol).lower(), str(protocol))
        return super().create_network_acl_entry(network_acl_id, rule_number, number, *others, **more)

    def replace_network_acl_association(self, association_id: str, network_acl_id: str) -> NetworkAclAssociation:
        self.get_network_acl(network_acl_id)
        if not any(association_id in acl._associations for acl in self.network_acls.values()):
            refuse("InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist")
        return super().replace_network_acl_association(association_id, network_acl_id)

    def describe_network_acls(self, network_acl_ids: list[str] | None = None, filters: Any = None) -> list[NetworkAcl]:
        for acl in network_acl_ids or []:
            self.get_network_acl(acl)
        return super().describe_network_acls(network_acl_ids, filters)
