"""Information of torchvision and timm about models: queried once in a separate process and cached.

Importing them takes seconds, and Snakemake reads the tables again in each submitted job.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from transfer.files import write_json
from transfer.fingerprint import fingerprint
from transfer.study.model import Model

SCRIPT = Path(__file__).parents[3] / "describe_models.py"
LIBRARIES = ("torch", "torchvision", "timm")


@dataclass(frozen=True)
class Network:
    """Information of a library about an architecture and its weights.

    `library` includes its version; `unknown` is the column whose name it does not know, with the
    nearest name in `near`; `refused` says why it cannot build the network. Otherwise there are the
    number of `parameters`, the `native_sizes` in pixels at which the weights were evaluated (none
    for a local file), and the `only_size` that the network accepts, if it is fixed.
    """

    library: str
    unknown: str = ""
    near: str = ""
    refused: str = ""
    parameters: int = 0
    native_sizes: list[int] = field(default_factory=list)
    only_size: int | None = None


def known_networks(models: Mapping[str, Model], kept: Path) -> dict[str, Network]:
    """Information of the libraries about each model, without models that cannot be queried.

    `kept` is the cache file, valid for the versions of the libraries and of the querying code; if
    it cannot be written, the libraries are queried each time. If one is not installed, nothing is
    queried: nothing can be trained either.
    """
    try:
        versions = {name: version(name) for name in LIBRARIES}
    except PackageNotFoundError:
        return {}
    code = fingerprint(SCRIPT)
    keys = {
        model: f"{row.library} {versions[row.library]}, torch {versions['torch']}, "
        f"{code}: {row.architecture}, {row.weights}"
        for model, row in models.items()
    }
    answers = _read(kept)
    missing = {keys[model]: row for model, row in models.items() if keys[model] not in answers}
    if missing and (new := _ask(missing)):
        # Another process may have updated the cache meanwhile.
        answers = _read(kept) | new
        with suppress(OSError):
            write_json(kept, {key: asdict(network) for key, network in answers.items()})
    return {model: answers[key] for model, key in keys.items() if key in answers}


def _read(kept: Path) -> dict[str, Network]:
    """Read the cache; empty if the file is missing or invalid."""
    try:
        return _networks(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _networks(text: str) -> dict[str, Network]:
    return {key: Network(**fields) for key, fields in json.loads(text).items()}


def _ask(models: Mapping[str, Model]) -> dict[str, Network]:
    """Query the libraries; empty if they cannot be imported on this machine."""
    rows = json.dumps({key: asdict(model) for key, model in models.items()})
    asked = subprocess.run([sys.executable, SCRIPT], input=rows, capture_output=True, text=True)
    return _networks(asked.stdout) if asked.returncode == 0 else {}
