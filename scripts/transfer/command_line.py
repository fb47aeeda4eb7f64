"""What every script's command line shares."""

import sys
from collections.abc import Callable

from transfer.errors import UserError


def run(main: Callable[[], None]) -> None:
    """Run a script's `main`; a `UserError` becomes one plain message and exit status 1."""
    try:
        main()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
