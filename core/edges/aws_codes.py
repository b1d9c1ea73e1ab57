"""The error codes EC2 and STS answer with, as rows of what, why and what to do now.

Their meanings are AWS's (errors overview, API reference) and what was seen in the wild.
"""

from dataclasses import dataclass

from core.problems import Busy, Conflict, Failed, NotAllowed, NotFound, NotSignedIn, NotYet, Passing, Problem


@dataclass(frozen=True, slots=True)
class Row:
    """How one kind of failure is told. The texts may hold {region} {action} {words} {profile} {login} {who} {what}."""

    kind: type[Problem]
    what: str
    cause: str = ""
    remedy: str = ""
    quote: bool = True
    """Whether AWS's own words follow the cause. Not where they may repeat what was signed: that holds a token."""


_KEYS = "Check the keys, this machine's clock, and that the region {region} is enabled for the account; then try again."
LOGIN = "Run `aws sso login{login}`, then try again."
_POLICY = "Ask whoever manages this AWS account to allow {what}, then try again. The README lists every right needed."
_STALE = "Refresh the lists and choose again; ids belong to one region."
_TAGS = "Change the tags on the endpoint page."

_DENIED = Row(
    NotAllowed,
    "AWS does not allow {what}.",
    "{who} lacks the right{where}{policy}.",
    _POLICY,
    quote=False,
)
_BAD_KEYS = Row(NotSignedIn, "AWS does not accept the access key.", "It is wrong, revoked or disabled.", _KEYS)
_EXPIRED = Row(
    NotSignedIn,
    "The AWS sign-in has expired.",
    "Temporary credentials last some hours; a clock that is wrong by minutes looks the same.",
    "Sign in again (for SSO: `aws sso login{login}`), check this machine's clock, then try again.",
)
_THROTTLED = Row(
    Passing,
    "AWS asks to go slower.",
    "There were too many requests of this account or its organization.",
    "Wait a little; this passes by itself.",
)
AWS_SIDE = Row(Passing, "AWS had a fault of its own.", "", "Wait a little, then try again.")
MALFORMED = Row(Failed, "AWS does not take an id or value that was sent.", "", _STALE)
_OUR_BUG = Row(
    Failed, "AWS does not take the question as it was put.", "This is a fault of this program.", "Please report it."
)


def missing(noun: str) -> Row:
    return Row(
        NotFound, f"AWS knows no such {noun} in {{region}}.", "It was deleted, or it belongs to another region.", _STALE
    )


def _limit(what: str, remedy: str) -> Row:
    return Row(Failed, what, "A quota of the AWS account is used up.", remedy)


CODES: dict[str, Row] = {
    "DryRunOperation": Row(Failed, "AWS would allow {action}.", "It was only a trial.", "", quote=False),
    # who we are and what we may
    "UnauthorizedOperation": _DENIED,
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "ForbiddenException": Row(
        NotAllowed,
        "The SSO sign-in holds, but its role or account is not assigned to you.",
        "",
        "Choose another profile, or ask whoever manages SSO for the assignment.",
    ),
    "UnauthorizedException": Row(
        NotSignedIn, "The SSO session has expired.", "", LOGIN
    ),
    "AuthFailure": Row(
        NotSignedIn,
        "AWS does not accept the credentials for {region}.",
        "Either the keys are wrong, or this machine's clock is, or the region {region} is not enabled for the account.",
        _KEYS,
        quote=False,
    ),
    "InvalidClientTokenId": _BAD_KEYS,
    "InvalidAccessKeyId": _BAD_KEYS,
    "UnrecognizedClientException": _BAD_KEYS,
    "SignatureDoesNotMatch": Row(
        NotSignedIn,
        "AWS does not accept the signature.",
        "The secret key does not belong to the access key, or this machine's clock is wrong.",
        _KEYS,
        quote=False,
    ),
    "IncompleteSignature": Row(
        NotSignedIn, "AWS does not accept the signature.", "It is incomplete.", _KEYS, quote=False
    ),
    "MissingAuthenticationToken": Row(
        NotSignedIn, "AWS saw no credentials in the request.", "", "Choose a profile that holds some, then try again."
    ),
    "OptInRequired": Row(
        NotAllowed,
        "The AWS account has not opted in to EC2 in {region}.",
        "",
        "Enable the region in the AWS console under Account, AWS Regions; that takes some minutes.",
    ),
    "PendingVerification": Row(
        NotAllowed, "AWS is still verifying the account for {region}.", "", "Wait for AWS's e-mail; up to four hours."
    ),
    "Blocked": Row(NotAllowed, "AWS has blocked this account.", "", "Contact AWS Support."),
    "RequestExpired": _EXPIRED,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidIdentityToken": Row(
        NotSignedIn,
        "AWS does not accept the web identity token.",
        "",
        "Renew the token file, or have the role's identity provider checked; then try again.",
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
        "Usual for some minutes after an endpoint service was made.",
        "Wait a little; this passes by itself.",
    ),
    # endpoint service and endpoint
    "InvalidServiceName": Row(
        NotFound,
        "AWS shows no such endpoint service to this account in {region}.",
        "The account is not among those SkySQL allows, or the region differs, or the service was made only minutes ago:"
        " AWS does not tell which.",
        "Compare the signed-in account with the service's allowed accounts; right after a switch, wait some minutes.",
    ),
    "DuplicateSubnetsInSameZone": Row(
        Failed,
        "Two of the subnets are in one availability zone.",
        "An endpoint takes one subnet a zone.",
        "Choose one subnet for each zone on the network page.",
    ),
    "VpcEndpointLimitExceeded": _limit(
        "The VPC has no room for another interface endpoint.",
        "Delete an endpoint nobody uses, or ask for more of quota L-29B6F2EB (50 a VPC unless raised).",
    ),
    "SecurityGroupsPerInterfaceLimitExceeded": _limit(
        "There are too many security groups for one endpoint.",
        "Choose fewer (five unless raised), or ask for more of quota L-2AFB9258.",
    ),
    "SecurityGroupLimitExceeded": _limit(
        "The region has no room for another security group.",
        "Choose an existing group, delete one nobody uses, or ask for more of quota L-E79EC296.",
    ),
    "RulesPerSecurityGroupLimitExceeded": _limit(
        "The security group has no room for these rules.",
        "Use fewer sources: a wider CIDR, a source group or a prefix list; or ask for more of quota L-0EA8095F.",
    ),
    "NetworkInterfaceLimitExceeded": _limit(
        "The region has no room for another network interface.",
        "Delete interfaces nobody uses, or ask for more of the quota for network interfaces (L-DF5E4CA3).",
    ),
    "InsufficientFreeAddressesInSubnet": Row(
        Failed,
        "A chosen subnet has no free address.",
        "The endpoint takes one address in each subnet.",
        "Choose another subnet of that zone on the network page.",
    ),
    "IdempotentParameterMismatch": Row(
        Conflict,
        "An earlier request of this run asked for an endpoint with other values.",
        "The same request token was used before with other choices.",
        "Look at the endpoints that exist; then start a new run with the new choices.",
    ),
    "InvalidVpcEndpointId.NotFound": missing("VPC endpoint"),
    "InvalidVpcEndpoint.NotFound": missing("VPC endpoint"),
    "OperationInProgress": Row(
        Busy, "Another change to the endpoint is in flight.", "", "Wait until it is through; this passes by itself."
    ),
    # the VPC's parts
    "InvalidVpcID.NotFound": missing("VPC"),
    "InvalidVpcId.NotFound": missing("VPC"),
    "InvalidSubnetID.NotFound": missing("subnet"),
    "InvalidSubnetId.NotFound": missing("subnet"),
    "InvalidGroup.NotFound": missing("security group"),
    "InvalidGroupId.NotFound": missing("security group"),
    "InvalidSecurityGroupID.NotFound": missing("security group"),
    "InvalidPrefixListID.NotFound": missing("prefix list"),
    "InvalidPrefixListId.NotFound": missing("prefix list"),
    "InvalidGroup.Duplicate": Row(
        Conflict,
        "The VPC has a security group of that name already.",
        "Names are unique in a VPC, capitals or not.",
        "Choose that group, or another name, on the security group page.",
    ),
    "InvalidGroup.Reserved": Row(
        Failed, "That group name is AWS's own.", "“default” is reserved.", "Choose another name."
    ),
    "InvalidGroup.InUse": Row(
        Busy, "The security group is in use.", "", "Wait until the endpoint's interfaces are gone, then try again."
    ),
    "InvalidPermission.Duplicate": Row(Conflict, "The rule is there already.", "", "Nothing is to be done."),
    "InvalidPermission.NotFound": Row(NotFound, "There is no such rule.", "", "Nothing is to be done."),
    "InvalidPermission.Malformed": Row(
        Failed, "AWS does not take a rule as written.", "", "Check ports and sources on the security group page."
    ),
    "DependencyViolation": Row(
        Busy,
        "Something still uses it.",
        "Network interfaces of an endpoint, or a rule of another group, still refer to it.",
        "Wait until the endpoint's network interfaces are gone; remove rules of other groups that name it.",
    ),
    "CannotDelete": Row(Failed, "AWS does not delete it.", "A VPC keeps its default group.", "Leave it."),
    "IncorrectState": Row(Failed, "It is in a state that does not allow this.", "", "See the AWS console."),
    "OperationNotPermitted": Row(
        Failed, "AWS does not permit this here.", "Another AWS service may manage it.", "Change it where it is managed."
    ),
    "UnsupportedOperation": Row(Failed, "AWS does not support this here.", "", "Choose differently, then try again."),
    # tags
    "TagPolicyViolation": Row(
        Failed,
        "A tag breaks the organization's tag policy.",
        "",
        "Ask for the organization's mandatory tags and set them on the endpoint page.",
    ),
    "TagLimitExceeded": Row(Failed, "There are too many tags.", "AWS takes 50 on a resource.", _TAGS),
    "InvalidTagKey.Malformed": Row(Failed, "AWS does not take a tag's key.", "", _TAGS),
    "ConcurrentTagAccess": Row(Busy, "Somebody else is changing the tags.", "", "Wait a little, then try again."),
    # what was sent
    "InvalidParameter": Row(Failed, "AWS does not take what was asked.", "", "Change what AWS names, then try again."),
    "InvalidParameterValue": Row(Failed, "AWS does not take a value.", "", "Change what AWS names, then try again."),
    "InvalidParameterCombination": Row(Failed, "AWS does not take these values together.", "", "Change what it names."),
    "ValidationError": Row(Failed, "AWS does not take a value.", "", "Change the value AWS names, then try again."),
    "FilterLimitExceeded": _OUR_BUG,
    "InvalidFilter": _OUR_BUG,
    "InvalidNextToken": _OUR_BUG,
    "InvalidMaxResults": _OUR_BUG,
}  # fmt: skip

WORDS: tuple[tuple[str, str, Row], ...] = (
    (
        r"does not support the availability zone",
        "ZoneNotSupported",
        Row(
            Failed,
            "The endpoint service is not in the zone of {subnet}.",
            "SkySQL runs it in other availability zones.",
            "Choose a subnet in one of its zones on the network page: the others are greyed there.",
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
        ),
    ),
    (
        r"requires both enableDnsSupport and enableDnsHostnames",
        "VpcDnsOff",
        Row(
            Failed,
            "Private DNS needs two attributes of the VPC that are off.",
            "enableDnsSupport and enableDnsHostnames must both be on.",
            "Let the endpoint page switch them on (this affects the whole VPC), or go on without private DNS.",
        ),
    ),
    (
        r"conflicting DNS domain",
        "PrivateDnsConflict",
        Row(
            Conflict,
            "The private DNS name is taken in this VPC.",
            "Another endpoint or private hosted zone has the name, or one is still being deleted.",
            "Use that endpoint, detach the zone, or wait some minutes after a deletion; then try again.",
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
        Row(NotYet, "Private DNS can be enabled once the endpoint is accepted.", "", "Wait until it is available."),
    ),
    (
        r"idempotent operation|another operation .* in progress",
        "OperationInProgress",
        CODES["OperationInProgress"],
    ),
    (
        r"full-access",
        "PolicyNotSupported",
        Row(Failed, "The endpoint service takes no endpoint policy.", "", "Send none."),
    ),
    (
        r"different VPCs?|not in the same VPC|(belong|exist)s? .*\bVPC",
        "OtherVpc",
        Row(
            Failed,
            "A subnet or security group is of another VPC.",
            "An earlier choice no longer fits.",
            "Choose the VPC, its subnets and groups again.",
        ),
    ),
    (
        r"MultiFactorAuthentication failed|invalid MFA",
        "WrongCode",
        Row(
            NotSignedIn,
            "AWS did not accept the MFA code.",
            "It was mistyped, or it was used or ran out meanwhile.",
            "Try again with the next code your device shows.",
            quote=False,
        ),
    ),
)  # fmt: skip
"""Codes that mean many things (InvalidParameter, AccessDenied …) are told by AWS's words: pattern, name, row."""

BY_WORDS = (
    "InvalidParameter",
    "InvalidParameterValue",
    "InvalidParameterCombination",
    "AccessDenied",
    "InvalidState",
    "IncorrectState",
    "OperationInProgress",
    "OperationNotPermitted",
    "UnsupportedOperation",
)
