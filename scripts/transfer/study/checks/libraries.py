"""What torchvision and timm say of models: asked once, in a process of its own, and kept.

Importing them takes seconds, and Snakemake reads the tables again in each job that it submits.
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
    """What a library says of an architecture and its weights.

    `library` with its version; `unknown` the column whose name it does not have, with the
    nearest one `near`; `refused` why it cannot build the network. Otherwise the number of
    `parameters`, the `native_sizes` in pixels that the weights were evaluated at (none for a
    local file), and the `only_size` that the network takes, if it is tied to one.
    """

    library: str
    unknown: str = ""
    near: str = ""
    refused: str = ""
    parameters: int = 0
    native_sizes: list[int] = field(default_factory=list)
    only_size: int | None = None


def known_networks(models: Mapping[str, Model], kept: Path) -> dict[str, Network]:
    """What the libraries say of each model; none of a model about which they cannot be asked.

    `kept` is the file in which answers are kept, for the
    versions of the libraries and of the code that asked; where it cannot be written, they are
    asked each time. Nothing is asked where a library is not installed: nothing can be trained
    there either.
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
        # Others may have asked at the same time.
        answers = _read(kept) | new
        with suppress(OSError):
            write_json(kept, {key: asdict(network) for key, network in answers.items()})
    return {model: answers[key] for model, key in keys.items() if key in answers}


def _read(kept: Path) -> dict[str, Network]:
    """The answers that were kept; none if the file is not there or not one of ours."""
    try:
        return _networks(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _networks(text: str) -> dict[str, Network]:
    return {key: Network(**fields) for key, fields in json.loads(text).items()}


def _ask(models: Mapping[str, Model]) -> dict[str, Network]:
    """Answers by key; none if the libraries cannot be imported on this machine."""
    rows = json.dumps({key: asdict(model) for key, model in models.items()})
    asked = subprocess.run([sys.executable, SCRIPT], input=rows, capture_output=True, text=True)
    return _networks(asked.stdout) if asked.returncode == 0 else {}
