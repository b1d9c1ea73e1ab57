"""Routes, which outlive what they lead to: moto says of every one that it is active."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.route_tables import Route


class TrueRoute(Route):
    """A route that tells when the interface it leads to is gone."""

    @property
    def state(self) -> str:
        lost = self.interface is not None and self.interface.id not in self.route_table.ec2_backend.enis
        return "blackhole" if lost else "active"


class Routes(EC2Backend):
    """The part of a backend that holds the routes."""

    def create_route(self, *arguments: Any, **named: Any) -> Route:
        made = super().create_route(*arguments, **named)
        made.__class__ = TrueRoute  # type: ignore[type-abstract]  # as abstract as moto's own, which it instantiates
        return made
