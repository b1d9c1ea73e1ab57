"""The VPC's two DNS attributes, without which private DNS cannot be. Changed only when the plan says so."""

from typing import ClassVar

from core.facts import VpcDns
from core.work.decisions import Act, Decision, Done
from core.work.events import Side
from core.work.steps.step import Job, Sides, Step


class VpcDnsOn(Step[VpcDns]):
    id: ClassVar[str] = "vpc_dns"
    title: ClassVar[str] = "VPC's DNS attributes"
    usual: ClassVar[str] = "a few seconds"
    side: ClassVar[Side] = "aws"

    def skip(self, job: Job) -> str:
        return "" if job.plan.enable_vpc_dns else "The plan leaves them as they are."

    async def look(self, sides: Sides, job: Job) -> VpcDns:
        return await sides.aws.vpc_dns(job.plan.vpc)

    def state(self, sight: VpcDns, _job: Job) -> str:
        return f"support {'on' if sight.support else 'off'}, hostnames {'on' if sight.hostnames else 'off'}"

    def decide(self, sight: VpcDns, job: Job) -> Decision:
        # One attribute a request, and hostnames are refused while support is off.
        if sight.off:
            first = sight.off[0]
            return Act(first, f"Switch {first} on for all of {job.plan.vpc}")
        return Done("Both DNS attributes are on.", job.known)

    async def act(self, sides: Sides, job: Job, _sight: VpcDns, change: str) -> None:
        await sides.aws.enable_vpc_dns(job.plan.vpc, change)
