"""Where ids come from: moto draws them all from one stream, so that each depends on how many were drawn before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from moto.moto_api._internal import mock_random


@contextlib.contextmanager
def own_ids(seed: str) -> Iterator[None]:
    """Draw what follows from a stream of its own, and leave the common one as it was."""
    before = mock_random.getstate()
    mock_random.seed(seed)
    try:
        yield
    finally:
        mock_random.setstate(before)
