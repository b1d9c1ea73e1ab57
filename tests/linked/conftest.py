"""The link that the tests of this folder share."""

from tests.linked.link import linked

__all__ = ["linked"]
