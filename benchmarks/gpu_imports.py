"""Make the package `transfer` importable, even on a GPU machine without jsonschema."""

import sys
import types
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))


class Unchecked:
    """A replacement for jsonschema's validator that accepts everything."""

    def __init__(self, rules: Any) -> None: ...

    def iter_errors(self, instance: Any) -> list[Any]:
        """None."""
        return []


try:
    import jsonschema  # noqa: F401
except ImportError:
    print("jsonschema is not installed: config/ is not validated", file=sys.stderr)
    stand_in, exceptions = types.ModuleType("jsonschema"), types.ModuleType("exceptions")
    vars(stand_in)["Draft202012Validator"] = Unchecked
    vars(exceptions)["ValidationError"] = ValueError
    sys.modules.update({"jsonschema": stand_in, "jsonschema.exceptions": exceptions})
