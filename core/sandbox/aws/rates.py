"""How often EC2 may be called: AWS's published request buckets, one an action for each account and region.

From "Request throttling for the Amazon EC2 API", the rows that a PrivateLink consumer or provider meets. AWS also
throttles PrivateLink calls of a whole organization, by numbers it does not publish: that is a fault to be set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.sandbox.aws.buckets import Bucket, Level

_READING = ("Describe", "Get", "List", "Search")
_NARROWED = ("Filters", "MaxResults", "NextToken")

NON_MUTATING = Bucket(100, 20)
WHOLE = Bucket(50, 10)  # asked for everything at once, neither filtered nor in pages
MUTATING = Bucket(50, 5)
ENDPOINT = Bucket(4, 0.3)
CONNECTION = Bucket(10, 1)
TAG = Bucket(100, 10)
INTERFACE = Bucket(100, 5)

_WHOLE_LISTS = (
    *("DescribeInstances", "DescribeInstanceStatus", "DescribeNetworkInterfaces", "DescribeSecurityGroups"),
    *("DescribeSnapshots", "DescribeSpotInstanceRequests", "DescribeVolumes"),
)
_OF_THEIR_OWN = {
    "AcceptVpcEndpointConnections": CONNECTION,
    "CreateNetworkInterface": INTERFACE,
    "CreateTags": TAG,
    "CreateVpcEndpoint": ENDPOINT,
    "DeleteNetworkInterface": INTERFACE,
    "DeleteTags": TAG,
    "DeleteVpcEndpoints": ENDPOINT,
    "ModifyNetworkInterfaceAttribute": INTERFACE,
    "ModifyVpcEndpoint": ENDPOINT,
    "RejectVpcEndpointConnections": CONNECTION,
    "RunInstances": Bucket(5, 2),
    "TerminateInstances": INTERFACE,
}


def bucket_of(action: str, parameters: Mapping[str, Any]) -> Bucket:
    """The bucket an action takes its tokens from. What AWS calls resource-intensive has the size of other changes."""
    if action in _OF_THEIR_OWN:
        return _OF_THEIR_OWN[action]
    if not action.startswith(_READING):
        return MUTATING
    narrowed = any(parameters.get(name) for name in _NARROWED)
    return NON_MUTATING if narrowed or action not in _WHOLE_LISTS else WHOLE


class Rates:
    """The levels of all buckets."""

    def __init__(self) -> None:
        self._levels: dict[tuple[str, str, str, Bucket], Level] = {}

    def admit(self, account: str, region: str, action: str, parameters: Mapping[str, Any], now: float) -> bool:
        """Take a token for a request, if there is one."""
        bucket = bucket_of(action, parameters)
        place = account, region, action, bucket
        left = bucket.take(self._levels.get(place, bucket.full(now)), now)
        if left is not None:
            self._levels[place] = left
        return left is not None
