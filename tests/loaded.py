"""Importing this loads what a run of the program loads, for the processes that are forked to be programs."""

import importlib
import os
from unittest.mock import patch

from botocore.session import get_session

from core.edges.aws_session import _models

for _name in (
    *("boto3", "pydantic", "tui.commands.headless", "tui.lines", "tui.outlet", "core.plan_file"),
    *("anyio._backends._asyncio", "anyio._core._sockets", "core.edges.aws", "core.edges.clock"),
    *("core.edges.keys", "core.edges.skysql"),
    *("core.work.jsonlines", "core.work.operation"),
):
    importlib.import_module(_name)

with patch.dict(os.environ, {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}):
    _session = get_session()
    _session.register_component("data_loader", _models(None))
    for _service in ("ec2", "iam", "route53", "sts"):
        _session.create_client(_service, "us-east-2").close()  # AWS's descriptions of it are read
