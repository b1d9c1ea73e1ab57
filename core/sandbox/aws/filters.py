"""Filters: which ones an EC2 action has, and what they let through.

AWS refuses a filter that it does not know. moto lists everything, or breaks. Which there are is told by EC2's own
service model, in its words for people.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

from moto.core.utils import aws_api_matches, get_service_model

from core.sandbox.aws.refusal import refuse

_TERM = re.compile(r"<code>([^<]+)</code>")
_UNWRITTEN = {"DescribeManagedPrefixLists": {"tag"}, "DescribeVpcs": {"isDefault"}}  # and used all the same


def check_filters(action: str, names: Iterable[str]) -> None:
    """Refuse filters that an action does not have."""
    terms = _terms(action)
    tagged = any(term.startswith("tag") for term in terms)
    for name in names:
        known = tagged if name.startswith(("tag:", "tag-")) else name in terms and name != "tag"
        if terms and not known:
            code = "InvalidFilter" if "VpcEndpoint" in action else "InvalidParameterValue"
            refuse(code, f"The filter '{name}' is invalid")


def lets_through(filters: Mapping[str, Iterable[str]], values: Mapping[str, str]) -> bool:
    """Whether a thing with these values, by the filters' names, is asked for. What is wanted may be a pattern."""
    return all(
        any(aws_api_matches(wanted, values[name]) for wanted in patterns if name in values)
        for name, patterns in filters.items()
    )


@functools.cache
def _terms(action: str) -> frozenset[str]:
    """What is set as code where the model describes the filters: their names, and some values. Empty: no filters."""
    shape = get_service_model("ec2").operation_model(action).input_shape
    members = shape.members if shape else {}
    told = [members[name].documentation for name in ("Filters", "Filter") if name in members]
    return frozenset(_UNWRITTEN.get(action, ())).union(*(_TERM.findall(text) for text in told))
