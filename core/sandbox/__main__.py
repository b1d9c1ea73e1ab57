"""`python -m core.sandbox`: the sandbox process itself."""

import sys

from core.sandbox.serve import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
