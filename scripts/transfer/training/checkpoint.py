"""Checkpoints of runs: written atomically, and never used by a run with other settings."""

import json
import pickle
import time
import zipfile
from pathlib import Path
from typing import Any, Protocol

import torch

from transfer.errors import UserError
from transfer.files import atomic_path
from transfer.training.finished import differences

# Maximum time for writing checkpoints as a share of the time spent training.
SHARE = 0.02
# Settings that determine where a run computes, but not what.
OF_THE_MACHINE = ("device:", "precision:")


class Checkpoint(Protocol):
    """Where a part of a run keeps its state."""

    def due(self) -> bool:
        """Whether it is time to write."""

    def write(self, state: dict[str, Any]) -> None:
        """Write the state."""

    def read(self) -> dict[str, Any] | None:
        """The state to resume from; None to start from scratch."""


class CheckpointFile:
    """The checkpoint in a run's folder, written at most once per epoch and at low cost."""

    def __init__(
        self, path: Path, settings: dict[str, Any], restart_if_changed: bool, share: float = SHARE
    ) -> None:
        """`settings` is everything that the run's result depends on, as JSON-compatible values."""
        self.restart_if_changed = restart_if_changed
        self.path = path
        self.settings = json.loads(json.dumps(settings))
        self.share = share
        self._last_write = time.monotonic()
        self._cost = 0.0

    @property
    def previous(self) -> Path:
        """The previous checkpoint, kept in case the last one is damaged."""
        return self.path.with_suffix(".previous.pt")

    def due(self) -> bool:
        """Whether enough time was spent training since the last checkpoint to justify another."""
        return (time.monotonic() - self._last_write) * self.share >= self._cost

    def write(self, state: dict[str, Any]) -> None:
        """Write a checkpoint, keeping the previous one."""
        started = time.monotonic()
        with atomic_path(self.path) as temporary:
            torch.save({"settings": self.settings, "state": state}, temporary)
            if self.path.exists():
                self.path.replace(self.previous)
        self._last_write = time.monotonic()
        self._cost = self._last_write - started

    def read(self) -> dict[str, Any] | None:
        """Return the state to resume from, or None to start from scratch; prints which and why.

        If the last checkpoint is damaged, the previous one is used. A checkpoint with other
        settings raises UserError naming the differences or, with `restart_if_changed`, is deleted,
        unless only the device differs: a temporarily missing GPU must not cost its results. A file
        that cannot be read at the moment raises OSError and is kept.
        """
        for path in (self.path, self.previous):
            try:
                content = torch.load(path, map_location="cpu", weights_only=True)
                settings, state = content["settings"], content["state"]
            except FileNotFoundError:
                continue
            except (
                RuntimeError,
                pickle.UnpicklingError,
                zipfile.BadZipFile,
                EOFError,
                KeyError,
                TypeError,
                ValueError,
            ) as error:
                print(f"{path}: damaged, not used ({str(error).splitlines()[0]})", flush=True)
                continue
            changed = differences(self.settings, settings)
            if not changed:
                return state
            elsewhere = all(one.startswith(OF_THE_MACHINE) for one in changed)
            if elsewhere or not self.restart_if_changed:
                raise UserError(
                    f"{path} was made with other settings ({'; '.join(changed)}). Use those "
                    "settings, or --restart to delete it and start over, or another --output."
                )
            print(f"{path}: made with other settings ({'; '.join(changed)}): starting over")
            break
        self.delete()
        return None

    def delete(self) -> None:
        """Delete the checkpoint and the previous one."""
        self.path.unlink(missing_ok=True)
        self.previous.unlink(missing_ok=True)
