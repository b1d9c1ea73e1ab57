"""What a client needs to know to live in the sandbox: addresses, keys and profiles, all made up.

Light on purpose: the process prints these before it has loaded anything else. The AWS files are the sandbox's own,
so that a client never mixes it with the user's real profiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

CONSUMER = "123456789012"
PAYMENTS = "234567890123"
PROVIDER = "801234567891"
NETWORK_OWNER = "345678901234"
DATA_PLANE = "567890123456"
HOME_REGION = "us-east-2"

ACCESS_KEY_ID = "AKIASANDBOXOPERATOR1"
SECRET_ACCESS_KEY = "sandbox/key/that/opens/nothing/anywhere0"  # noqa: S105  made up, known to this sandbox alone
READER_KEY_ID = "AKIASANDBOXREADONLY1"
READER_SECRET = "sandbox/key/that/may/look/and/not/touch0"  # noqa: S105  as above
PROVIDER_KEY_ID = "AKIASANDBOXPROVIDER1"
PROVIDER_SECRET = "sandbox/key/of/the/other/side/SkySQLs/000"  # noqa: S105  as above
ORGANIZATION = "org-acme"
ORDERS = "dbpgf00000001"  # the service that the stories are about
EUROPE = "org-acme-europe"
SKYSQL_API_KEY = "skysql-sandbox-key-that-opens-nothing"
SKYSQL_VIEWER_KEY = "skysql-sandbox-key-that-only-looks"
SKYSQL_EUROPE_KEY = "skysql-sandbox-key-of-the-other-organization"

OPERATOR = "operator"
READER = "read-only"
PROVIDER_USER = "skysql"
ROLE = "network-admin"
MFA_ROLE = "mfa-admin"
PAYMENTS_ROLE = "payments-admin"
MFA_SERIAL = f"arn:aws:iam::{CONSUMER}:mfa/{OPERATOR}"
MFA_CODE = "123456"

_CONFIG = f"""\
[default]
region = {HOME_REGION}

[profile {ROLE}]
region = {HOME_REGION}
role_arn = arn:aws:iam::{CONSUMER}:role/{ROLE}
source_profile = default

[profile {MFA_ROLE}]
region = {HOME_REGION}
role_arn = arn:aws:iam::{CONSUMER}:role/{MFA_ROLE}
source_profile = default
mfa_serial = {MFA_SERIAL}

[profile {PAYMENTS_ROLE}]
region = {HOME_REGION}
role_arn = arn:aws:iam::{PAYMENTS}:role/{PAYMENTS_ROLE}
source_profile = default

[profile {READER}]
region = {HOME_REGION}

[profile expired-sso]
region = {HOME_REGION}
sso_session = corp
sso_account_id = {CONSUMER}
sso_role_name = NetworkAdministrator

[sso-session corp]
sso_region = {HOME_REGION}
sso_start_url = https://corp.awsapps.example/start
sso_registration_scopes = sso:account:access
"""

_CREDENTIALS = f"""\
[default]
aws_access_key_id = {ACCESS_KEY_ID}
aws_secret_access_key = {SECRET_ACCESS_KEY}

[{READER}]
aws_access_key_id = {READER_KEY_ID}
aws_secret_access_key = {READER_SECRET}
"""


def environment(
    folder: Path, aws_url: str, skysql_url: str, inherited: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Write the AWS files into `folder` and name every variable a client should be given.

    They are laid over the user's own (`inherited`), so whatever there could lead a client elsewhere is named too.
    """
    config, credentials = folder / "config", folder / "credentials"
    config.write_text(_CONFIG, encoding="utf-8")
    credentials.write_text(_CREDENTIALS, encoding="utf-8")
    return {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_REGION": HOME_REGION,
        "AWS_DEFAULT_REGION": HOME_REGION,
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_EC2_METADATA_DISABLED": "true",
        "SKYSQL_API_URL": skysql_url,
        "SKYSQL_API_KEY": SKYSQL_API_KEY,
        **_overrides(aws_url, inherited),
    }


def _overrides(aws_url: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """What puts a stray variable of the user's out of action; AWS_PROFILE counts where it names one of these here."""
    direct = ",".join(filter(None, ["127.0.0.1", inherited.get("NO_PROXY") or inherited.get("no_proxy")]))
    chosen = inherited.get("AWS_PROFILE", "")
    profile = chosen if f"[profile {chosen}]" in _CONFIG else "default"
    keys = {} if profile == "default" else {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}  # they would win
    return {
        **keys,
        "AWS_PROFILE": profile,
        "AWS_DEFAULT_PROFILE": profile,
        "AWS_SESSION_TOKEN": "",
        "AWS_SECURITY_TOKEN": "",
        "AWS_ENDPOINT_URL_EC2": aws_url,
        "AWS_ENDPOINT_URL_IAM": aws_url,
        "AWS_ENDPOINT_URL_ROUTE_53": aws_url,
        "AWS_ENDPOINT_URL_STS": aws_url,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_USE_DUALSTACK_ENDPOINT": "false",
        "AWS_USE_FIPS_ENDPOINT": "false",
        "SKYSQL_ORG_ID": ORGANIZATION,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }
