"""The command `skysql-privatelink`."""

import sys

from tui.commands import run
from tui.outlet import crashed


def main() -> None:
    sys.excepthook = crashed
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
