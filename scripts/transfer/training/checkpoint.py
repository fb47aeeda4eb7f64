"""A run's checkpoint: whole or not there, and never used by a run of other settings."""

import json
import pickle
import time
import zipfile
from pathlib import Path
from typing import Any

import torch

from transfer.errors import UserError
from transfer.files import atomic_path
from transfer.training.finished import differences

# Writing checkpoints may take this share of the time spent training.
SHARE = 0.02
# Settings that say where a run computes, and not what.
OF_THE_MACHINE = ("device:", "precision:")


class CheckpointFile:
    """The checkpoint in a run's folder, written at most once an epoch and at low cost."""

    def __init__(
        self, path: Path, settings: dict[str, Any], restart_if_changed: bool, share: float = SHARE
    ) -> None:
        """`settings` is everything the run's result depends on, as JSON can hold it."""
        self.restart_if_changed = restart_if_changed
        self.path = path
        self.settings = json.loads(json.dumps(settings))
        self.share = share
        self._last_write = time.monotonic()
        self._cost = 0.0

    @property
    def previous(self) -> Path:
        """The checkpoint before the last, kept in case the last turns out damaged."""
        return self.path.with_suffix(".previous.pt")

    def due(self) -> bool:
        """Whether enough was trained since the last checkpoint to pay for the next."""
        return (time.monotonic() - self._last_write) * self.share >= self._cost

    def write(self, state: dict[str, Any]) -> None:
        """Replace the checkpoint, keeping the one before it."""
        started = time.monotonic()
        with atomic_path(self.path) as temporary:
            torch.save({"settings": self.settings, "state": state}, temporary)
            if self.path.exists():
                self.path.replace(self.previous)
        self._last_write = time.monotonic()
        self._cost = self._last_write - started

    def read(self) -> dict[str, Any] | None:
        """The state to go on from, or None to start afresh; says on stdout which and why.

        A damaged checkpoint gives way to the one before it. One of other settings raises
        UserError naming the differences, or with `restart_if_changed` is deleted, unless it differs
        in the device alone: a GPU that is lost for an hour must not cost what it has computed. A
        file that cannot be read for now raises OSError and stays.
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
                    f"{path} was made with other settings ({'; '.join(changed)}). Go on with "
                    "those, or give --restart to delete it and start afresh, or another --output."
                )
            print(f"{path}: made with other settings ({'; '.join(changed)}): starting afresh")
            break
        self.delete()
        return None

    def delete(self) -> None:
        """Remove the checkpoint and the one before it."""
        self.path.unlink(missing_ok=True)
        self.previous.unlink(missing_ok=True)
