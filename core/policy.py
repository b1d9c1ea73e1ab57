"""IAM policies to paste: what a person who lacks rights hands to whoever manages the account."""

import json
from collections.abc import Iterable
from typing import Final

ASSOCIATE_ZONE: Final = "route53:AssociateVPCWithHostedZone"
"""What private DNS needs beside the rights to EC2. Without it AWS does not refuse: the call hangs."""


def allowing(actions: Iterable[str]) -> str:
    """A policy document, in one line, that allows `actions` everywhere.

    On every resource: what a change touches beside the one thing that AWS names in its refusal would be refused next.
    """
    statement = {"Effect": "Allow", "Action": sorted({*actions}), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
