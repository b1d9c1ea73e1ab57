"""The public pages the cases rest on."""

from __future__ import annotations

ERRORS = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"
IDEMPOTENCY = "https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html"
PAGES = "https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"
PRIVATELINK = "https://docs.aws.amazon.com/vpc/latest/privatelink"
CONCEPTS = f"{PRIVATELINK}/concepts.html"
ACCESS = f"{PRIVATELINK}/privatelink-access-resources.html"
DNS_NAMES = f"{PRIVATELINK}/manage-dns-names.html"
QUOTAS = f"{PRIVATELINK}/vpc-limits-endpoints.html"
VPC_QUOTAS = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
SHARING = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html"
VPC_DNS = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html"
DEFAULT_GROUP = "https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html"
TAGS = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html"
ZONE_IDS = "https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html"
OPERATOR = "https://github.com/openshift/aws-vpce-operator"  # its code quotes AWS's answers
TERRAFORM = "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_endpoint.go"
STATES = "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/wait.go"


def api(name: str) -> str:
    """A page of the EC2 API reference: an action or a data type. botocore's service model holds the same text."""
    return f"https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_{name}.html"


def cli(command: str) -> str:
    """The AWS CLI's published examples of an EC2 command."""
    return f"https://docs.aws.amazon.com/cli/latest/reference/ec2/{command}.html"


def issue(repository: str, number: int) -> str:
    """A thread that quotes AWS's answer."""
    return f"https://github.com/{repository}/issues/{number}"
