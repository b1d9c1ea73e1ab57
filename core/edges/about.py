"""What this program runs on, as support asks for it: versions and the terminal's word, no more of the environment."""

import locale
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from core import __version__

LIBRARIES: Final = ("boto3", "botocore", "httpx", "keyring", "pydantic", "textual", "tomli-w", "moto", "flask")
_VARIABLES: Final = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "LC_CTYPE", "TZ")


def about(environ: Mapping[str, str]) -> dict[str, str]:
    """Names and versions, in the order they are to be read in. Imports none of the libraries."""
    return {
        "skysql-privatelink": __version__,
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        **{library: _version(library) for library in LIBRARIES},
        "system": platform.platform(),
        "encoding": f"{locale.getpreferredencoding(False)}, output {sys.stdout.encoding if sys.stdout else 'closed'}",
        **{name: environ[name] for name in _VARIABLES if name in environ},
    }


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
