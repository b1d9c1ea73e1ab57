"""The shape of resource ids: AWS tells an id that cannot be from one that nothing has. moto knows only the second."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.sandbox.aws.refusal import refuse

_CODES = {
    "eni": "InvalidNetworkInterfaceId",
    "pl": "InvalidPrefixListId",
    "sg": "InvalidGroupId",
    "subnet": "InvalidSubnetID",
    "vpc": "InvalidVpcID",
    "vpce": "InvalidVpcEndpointId",
}
_REST = re.compile(r"[0-9a-f]{8}|[0-9a-f]{17}")


def check_ids(kind: str, ids: Iterable[str]) -> None:
    """Refuse ids that are not of the kind: `vpc`, `subnet`, `sg`, `vpce`, `eni` or `pl`."""
    for one in ids:
        start, _, rest = one.partition("-")
        if start != kind or not _REST.fullmatch(rest):
            refuse(f"{_CODES[kind]}.Malformed", f'Invalid id: "{one}" (expecting "{kind}-...")')
