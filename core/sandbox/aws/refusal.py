"""How this AWS says no: a code, a message and an HTTP status, serialised by moto as AWS writes them; or nothing."""

from __future__ import annotations

from typing import NoReturn

from moto.ec2.exceptions import EC2ClientError


class Refusal(EC2ClientError):
    """An AWS error. moto would answer every EC2 error with status 400; the status here is honoured."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.status = status


class NoAnswer(Exception):
    """AWS takes the request and never answers: the client waits until it has waited enough."""


def refuse(code: str, message: str, status: int = 400) -> NoReturn:
    raise Refusal(code, message, status)
