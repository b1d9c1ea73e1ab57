"""Users of the sandbox made for one test, each with policies of their own."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from core.sandbox.environment import CONSUMER
from tests.sandbox.stage import Stage

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """A user, with clients that sign as that user."""

    name: str
    keys: dict[str, str] = field(repr=False)
    client: Callable[[str], Any] = field(repr=False)

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    @property
    def iam(self) -> Any:
        return self.client("iam")

    @property
    def sts(self) -> Any:
        return self.client("sts")

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{CONSUMER}:user/{self.name}"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


def session_keys(credentials: Mapping[str, Any]) -> dict[str, str]:
    """AssumeRole's answer, as a client takes it."""
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


@contextmanager
def person(stage: Stage, *statements: dict[str, Any]) -> Iterator[Person]:
    """A user with one inline policy, or none."""
    name = f"person-{next(_numbers)}"
    with ExitStack() as closing:
        iam = closing.enter_context(stage.client("iam"))
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        yield Person(name, keys, functools.cache(lambda kind: closing.enter_context(stage.client(kind, **keys))))
