"""The error codes EC2, STS and SSO answer with, as rows of what, why, what to do now and on which page.

Their meanings are AWS's (errors overview, API reference) and what was seen in the wild. What a denial says stands in
`aws_denied`.
"""

from dataclasses import dataclass
from typing import Literal

from core.checks.findings import Page
from core.problems import Busy, Conflict, Failed, NotAllowed, NotFound, NotSignedIn, NotYet, Passing, Problem


@dataclass(frozen=True, slots=True)
class Row:
    """How one kind of failure is told.

    The texts may hold {region} {action} {words} {profile} {login} {subnet}, and of a denial {who} {whom} {what}
    {where} {why}.
    """

    kind: type[Problem]
    what: str
    cause: str = ""
    remedy: str = ""
    page: Page | Literal[""] = ""
    """The wizard page that puts it right; empty where none can."""
    quote: bool = True
    """Whether AWS's own words follow the cause. Not where they may repeat what was signed: that holds a token."""


_KEYS = "Check the keys, this machine's clock, and that the region {region} is enabled for the account; then try again."
LOGIN = "Run `aws sso login{login}`, then try again."
_STALE = "Read the lists again and choose anew; ids belong to one region."
_TAGS = "Change the tags on the endpoint page."
REPORT = "Please report it, with what `skysql-privatelink bundle` writes."

_BAD_KEYS = Row(
    NotSignedIn,
    "AWS does not know the access key.",
    "It was mistyped, deleted or switched off, its session token does not belong to it, or the region {region} is not"
    " enabled for the account.",
    _KEYS,
    "sign_in",
)
_EXPIRED = Row(
    NotSignedIn,
    "The AWS sign-in has expired.",
    "Temporary credentials last some hours; a clock that is wrong by minutes looks the same.",
    "Sign in again (for SSO: `aws sso login{login}`), check this machine's clock, then try again.",
    "sign_in",
)
_THROTTLED = Row(
    Passing,
    "AWS asks to go slower.",
    "There were too many requests of this account or its organization.",
    "Wait a little; this passes by itself.",
)
AWS_SIDE = Row(
    Passing,
    "AWS had a fault of its own.",
    "Something at AWS, or on the way there, did not work.",
    "Wait a little, then try again.",
)
_HELD = (
    "Network interfaces of an endpoint or an instance, or a rule of another group, still refer to it.",
    "Wait until the endpoint's network interfaces are gone; remove rules of other groups that name it.",
)
_OUR_BUG = Row(Failed, "AWS does not take the question as it was put.", "This is a fault of this program.", REPORT)


def missing(noun: str, page: Page | Literal[""] = "", remedy: str = _STALE) -> Row:
    return Row(
        NotFound,
        f"AWS knows no such {noun} in {{region}}.",
        "It was deleted, it belongs to another region or account, or it was made only seconds ago.",
        remedy,
        page,
    )


def malformed(noun: str, page: Page | Literal[""] = "") -> Row:
    return Row(
        Failed,
        f"AWS does not take what was sent as the {noun}.",
        "It does not have the form AWS asks for.",
        _STALE,
        page,
    )


def _limit(what: str, remedy: str, page: Page) -> Row:
    return Row(Failed, what, "A quota of the AWS account is used up.", remedy, page)


_IDS: dict[str, tuple[str, Page]] = {
    "InvalidVpcID": ("VPC", "network"),
    "InvalidVpcId": ("VPC", "network"),
    "InvalidSubnetID": ("subnet", "network"),
    "InvalidSubnetId": ("subnet", "network"),
    "InvalidGroup": ("security group", "access"),
    "InvalidGroupId": ("security group", "access"),
    "InvalidSecurityGroupID": ("security group", "access"),
    "InvalidSecurityGroupId": ("security group", "access"),
    "InvalidPrefixListID": ("prefix list", "access"),
    "InvalidPrefixListId": ("prefix list", "access"),
}
"""AWS spells them both ways."""

CODES: dict[str, Row] = {
    "DryRunOperation": Row(
        Failed, "AWS would allow {action}.", "It was only a trial.", "Nothing is to be done.", quote=False
    ),
    # who we are
    "ForbiddenException": Row(
        NotAllowed,
        "The SSO sign-in does not lead to this profile's account and role.",
        "IAM Identity Center has not assigned them to you.",
        "Choose another profile, or ask whoever manages SSO for the assignment.",
        "sign_in",
    ),
    "UnauthorizedException": Row(
        NotSignedIn, "The SSO session is not valid any more.", "It has expired, or was signed out.", LOGIN, "sign_in"
    ),
    "AuthFailure": Row(
        NotSignedIn,
        "AWS does not accept the credentials for {region}.",
        "The keys are wrong, or this machine's clock is, or the region {region} is not enabled for the account, or what"
        " was named is another account's.",
        _KEYS,
        "sign_in",
        quote=False,
    ),
    "InvalidClientTokenId": _BAD_KEYS,
    "InvalidAccessKeyId": _BAD_KEYS,
    "UnrecognizedClientException": _BAD_KEYS,
    "SignatureDoesNotMatch": Row(
        NotSignedIn,
        "AWS does not accept the signature.",
        "The secret key does not belong to the access key, or this machine's clock is wrong, or a proxy changes what is"
        " sent.",
        _KEYS,
        "sign_in",
        quote=False,
    ),
    "IncompleteSignature": Row(
        NotSignedIn,
        "AWS does not accept the signature.",
        "It is incomplete: the keys hold stray characters, or a proxy changes what is sent.",
        _KEYS,
        "sign_in",
        quote=False,
    ),
    "MissingAuthenticationToken": Row(
        NotSignedIn,
        "AWS saw no credentials in the request.",
        "The profile holds none, or a proxy takes them out.",
        "Choose a profile that holds some, check HTTPS_PROXY, then try again.",
        "sign_in",
    ),
    "OptInRequired": Row(
        NotAllowed,
        "The AWS account may not use EC2 in {region} yet.",
        "The region is not enabled for it, or the account is so new that AWS is still activating it.",
        "Enable the region in the AWS console under Account, AWS Regions; that takes some minutes.",
    ),
    "PendingVerification": Row(
        NotAllowed,
        "AWS is still verifying the account for {region}.",
        "It verifies new accounts, and accounts that are new in a region.",
        "Wait for AWS's e-mail (up to four hours), then try again; after that, contact AWS Support.",
    ),
    "Blocked": Row(
        NotAllowed,
        "AWS has blocked this account.",
        "AWS tells the account's owner why.",
        "Have the owner contact AWS Support.",
    ),
    "RequestExpired": _EXPIRED,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidIdentityToken": Row(
        NotSignedIn,
        "AWS does not accept the web identity token.",
        "It is damaged or outdated, or its issuer is not the role's identity provider.",
        "Renew the token file, or have the role's identity provider checked; then try again.",
        "sign_in",
        quote=False,
    ),
    # passing
    "RequestLimitExceeded": _THROTTLED,
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "RequestThrottled": _THROTTLED,
    "TooManyRequestsException": _THROTTLED,
    "EC2ThrottledException": _THROTTLED,
    "SlowDown": _THROTTLED,
    "InternalError": AWS_SIDE,
    "InternalFailure": AWS_SIDE,
    "ServiceUnavailable": AWS_SIDE,
    "ServerInternal": AWS_SIDE,
    "Unavailable": Row(
        Passing,
        "AWS says that the service is unavailable.",
        "Usual for some minutes after an endpoint service was made; else AWS is overloaded.",
        "Wait a little; this passes by itself.",
    ),
    # endpoint service and endpoint
    "InvalidServiceName": Row(
        NotFound,
        "AWS shows no such endpoint service to this account in {region}.",
        "The account is not among those SkySQL allows, or the name is of another region or service, or the service was"
        " made only minutes ago: AWS does not tell which.",
        "Compare the signed-in account with the service's allowed accounts; right after a switch, wait some minutes.",
        "accounts",
    ),
    "DuplicateSubnetsInSameZone": Row(
        Failed,
        "Two of the subnets are in one availability zone.",
        "An endpoint takes one subnet a zone.",
        "Choose one subnet for each zone on the network page.",
        "network",
    ),
    "VpcEndpointLimitExceeded": _limit(
        "The VPC has no room for another interface endpoint.",
        "Delete an endpoint nobody uses, choose another VPC, or ask for more of quota L-29B6F2EB (50 a VPC unless"
        " raised).",
        "network",
    ),
    "SecurityGroupsPerInterfaceLimitExceeded": _limit(
        "There are too many security groups for one endpoint.",
        "Choose fewer (five unless raised), or ask for more of quota L-2AFB9258.",
        "access",
    ),
    "SecurityGroupLimitExceeded": _limit(
        "The region has no room for another security group.",
        "Choose an existing group, delete one nobody uses, or ask for more of quota L-E79EC296.",
        "access",
    ),
    "RulesPerSecurityGroupLimitExceeded": _limit(
        "The security group has no room for these rules.",
        "Use fewer sources: a wider CIDR, a source group or a prefix list; or ask for more of quota L-0EA8095F.",
        "access",
    ),
    "NetworkInterfaceLimitExceeded": _limit(
        "The region has no room for another network interface.",
        "Delete interfaces nobody uses, choose fewer zones, or ask for more of the quota for network interfaces"
        " (L-DF5E4CA3).",
        "network",
    ),
    "InsufficientFreeAddressesInSubnet": Row(
        Failed,
        "A chosen subnet has no free address.",
        "The endpoint takes one address in each subnet.",
        "Choose another subnet of that zone on the network page.",
        "network",
    ),
    "IdempotentParameterMismatch": Row(
        Conflict,
        "An earlier request of this run asked for an endpoint with other values.",
        "The same request token was used before with other choices.",
        "Look at the endpoints that exist; then start a new run with the new choices.",
    ),
    "InvalidVpcEndpointId.NotFound": missing("VPC endpoint", remedy="Run again: it looks at what there is."),
    "InvalidVpcEndpoint.NotFound": missing("VPC endpoint", remedy="Run again: it looks at what there is."),
    "OperationInProgress": Row(
        Busy,
        "Another change to the endpoint is in flight.",
        "AWS takes one at a time.",
        "Wait until it is through; this passes by itself.",
    ),
    # the VPC's parts
    **{f"{code}.NotFound": missing(*told) for code, told in _IDS.items()},
    **{f"{code}.Malformed": malformed(*told) for code, told in _IDS.items()},
    "InvalidGroup.Duplicate": Row(
        Conflict,
        "The VPC has a security group of that name already.",
        "Names are unique in a VPC, capitals or not.",
        "Choose that group, or another name, on the security group page.",
        "access",
    ),
    "InvalidGroup.Reserved": Row(
        Failed,
        "That group name is AWS's own.",
        "It keeps “default” for the group each VPC begins with.",
        "Choose another name.",
        "access",
    ),
    "InvalidGroup.InUse": Row(Busy, "The security group is in use.", *_HELD),
    "InvalidPermission.Duplicate": Row(
        Conflict, "The rule is there already.", "The group admits the same already.", "Nothing is to be done."
    ),
    "InvalidPermission.NotFound": Row(
        NotFound, "There is no such rule.", "Somebody may have removed it.", "Nothing is to be done."
    ),
    "InvalidPermission.Malformed": Row(
        Failed,
        "AWS does not take a rule as written.",
        "Its ports or its source do not have the form AWS asks for.",
        "Check ports and sources on the security group page.",
        "access",
    ),
    "DependencyViolation": Row(Busy, "Something still uses it.", *_HELD),
    "CannotDelete": Row(Failed, "AWS does not delete it.", "A VPC keeps its default group.", "Leave it."),
    "IncorrectState": Row(
        Failed,
        "It is in a state that does not allow this.",
        "It is being made, changed or deleted, or it has failed.",
        "Look at its state in the AWS console; when that has settled, run again.",
    ),
    "OperationNotPermitted": Row(
        Failed,
        "AWS does not permit this here.",
        "Another AWS service may manage it, or something protects it.",
        "Change it where it is managed.",
    ),
    "UnsupportedOperation": Row(
        Failed,
        "AWS does not support this here.",
        "The region, or one of the things named, does not offer it.",
        "Choose differently, then try again.",
    ),
    # tags
    "TagPolicyViolation": Row(
        Failed,
        "A tag breaks the organization's tag policy.",
        "The policy says which keys and values tags may have.",
        "Ask for the organization's mandatory tags and set them on the endpoint page.",
        "endpoint",
    ),
    "TagLimitExceeded": Row(Failed, "There are too many tags.", "AWS takes 50 on a resource.", _TAGS, "endpoint"),
    "InvalidTagKey.Malformed": Row(
        Failed, "AWS does not take a tag's key.", "It is empty, too long, or begins with aws:.", _TAGS, "endpoint"
    ),
    "ConcurrentTagAccess": Row(
        Busy,
        "Somebody else is changing the tags.",
        "AWS takes one change of a resource's tags at a time.",
        "Wait a little, then try again.",
    ),
    # what was sent
    "InvalidParameter": Row(
        Failed, "AWS does not take what was asked.", "A value does not fit.", "Change what AWS names, then try again."
    ),
    "InvalidParameterValue": Row(
        Failed, "AWS does not take a value.", "It does not fit.", "Change what AWS names, then try again."
    ),
    "InvalidParameterCombination": Row(
        Failed,
        "AWS does not take these values together.",
        "One excludes another.",
        "Change what AWS names, then try again.",
    ),
    "ValidationError": Row(
        Failed, "AWS does not take a value.", "It does not fit.", "Change the value AWS names, then try again."
    ),
    "FilterLimitExceeded": _OUR_BUG,
    "InvalidFilter": _OUR_BUG,
    "InvalidNextToken": _OUR_BUG,
    "InvalidMaxResults": _OUR_BUG,
}

WORDS: tuple[tuple[str, str, Row], ...] = (
    (
        r"does not support the availability zone",
        "ZoneNotSupported",
        Row(
            Failed,
            "The endpoint service is not in the zone of {subnet}.",
            "SkySQL runs it in other availability zones.",
            "Choose a subnet in one of its zones on the network page: the others are greyed there.",
            "network",
        ),
    ),
    (
        r"does not provide a private DNS name",
        "NoPrivateDnsName",
        Row(
            Failed,
            "The endpoint service has no private DNS name.",
            "SkySQL has set none up for it.",
            "Go on without private DNS: clients use the regional name, and the certificate does not match it.",
            "endpoint",
        ),
    ),
    (
        r"requires both enableDnsSupport and enableDnsHostnames",
        "VpcDnsOff",
        Row(
            Failed,
            "Private DNS needs two attributes of the VPC that are not both on.",
            "They are enableDnsSupport and enableDnsHostnames.",
            "Let the endpoint page switch them on (this affects the whole VPC), or go on without private DNS.",
            "endpoint",
        ),
    ),
    (
        r"conflicting DNS domain",
        "PrivateDnsConflict",
        Row(
            Conflict,
            "The private DNS name is taken in this VPC.",
            "Another endpoint or private hosted zone has the name, or one is still being deleted.",
            "Use that endpoint, detach the zone, or wait some minutes after a deletion, then try again; or go on"
            " without private DNS.",
            "endpoint",
        ),
    ),
    (
        r"has not (been )?verified",
        "PrivateDnsNotVerified",
        Row(
            NotYet,
            "The private DNS name is not verified yet.",
            "AWS still checks that SkySQL owns it.",
            "Wait: it is enabled when the check is through.",
        ),
    ),
    (
        r"can only be enabled after",
        "PrivateDnsTooEarly",
        Row(
            NotYet,
            "Private DNS can be enabled once the endpoint is accepted.",
            "The connection is not accepted yet.",
            "Wait until the endpoint is available; this passes by itself.",
        ),
    ),
    (
        r"idempotent operation|another operation .* in progress",
        "OperationInProgress",
        CODES["OperationInProgress"],
    ),
    (
        r"full-access",
        "PolicyNotSupported",
        Row(
            Failed,
            "The endpoint service takes no endpoint policy.",
            "One was sent, and it only supports the full-access policy.",
            "Send none. This program sends none: take the policy out where the endpoint is managed, then try again.",
        ),
    ),
    (
        r"different VPCs?|not in the same VPC|(not|n't) (belong|exist) .*\bVPC",
        "OtherVpc",
        Row(
            Failed,
            "A subnet or security group is of another VPC.",
            "An earlier choice no longer fits.",
            "Choose the VPC, its subnets and groups again.",
            "network",
        ),
    ),
)
"""Codes that mean many things (InvalidParameter …) are told by AWS's words: pattern, name, row."""

BY_WORDS = (
    "InvalidParameter",
    "InvalidParameterValue",
    "InvalidParameterCombination",
    "InvalidState",
    "IncorrectState",
    "OperationInProgress",
    "OperationNotPermitted",
    "UnsupportedOperation",
)
