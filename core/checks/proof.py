"""The connection proof as a chain: from this machine to an answer of the database."""

from typing import Final

from core.checks.chain import Row, first_broken, walk
from core.checks.proof_network import here, inside, name, tcp
from core.checks.proof_server import greeting, login, query, tls
from core.connection import Proof

PROOF: Final[tuple[Row[Proof], ...]] = (
    Row("here", "This machine", here),
    Row("name", "Name", name),
    Row("tcp", "TCP", tcp),
    Row("greeting", "MariaDB", greeting),
    Row("tls", "TLS", tls),
    Row("login", "Login", login),
    Row("query", "Query", query),
)
"""The last links of the doctor's chain, too."""


def proven(proof: Proof) -> bool:
    """Whether the database answered."""
    links = walk(PROOF, proof)
    return len(links) == len(PROOF) and links[-1].verdict.state == "ok"


def from_elsewhere(proof: Proof) -> bool:
    """Whether it is to be tried on a machine in the VPC: the network of this one does not lead there."""
    link = first_broken(walk(PROOF, proof))
    if link is None or inside(proof):
        return False
    return link.id == "tcp" or (link.id == "name" and proof.target.private_dns)  # else nothing leads the name there
