"""Pre-trained weights: downloaded once, verified and stored as safetensors."""

import hashlib
import json
import os
import pickle
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from transfer.errors import UserError
from transfer.files import atomic_path, checksum, verify_checksum, write_json
from transfer.study.model import Model
from transfer.study.sources import PREFIX
from transfer.training import heads, models
from transfer.training.finished import WEIGHTS, WEIGHTS_RECORD
from transfer.training.weights_record import WeightsRecord, read_record, train_again

# Names under which timm's repositories on the Hugging Face hub keep weights.
_HUB_FILES = ("model.safetensors", "open_clip_model.safetensors")


def tensors_digest(state: Mapping[str, torch.Tensor]) -> str:
    """sha256 over names, shapes, types and bytes of a state dict, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].contiguous()
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """Load a state dict from `.safetensors`, the `.json` of a record, or PyTorch's format.

    PyTorch files are read with `weights_only=True`, so that no code in them runs; a `state_dict`
    inside and `module.` before every name, as training scripts leave them, are taken off.
    Raises UserError if the file is missing, damaged or holds anything else, or if the tensors are
    not those that a record was made of.
    """
    path = Path(path)
    if path.suffix == ".json":
        return _recorded_weights(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such weights; download them (rule fetch_weights)") from None
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise UserError(f"{path}: not a complete weights file: {error}") from None
    for key in ("state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(
        isinstance(value, torch.Tensor) for value in state.values()
    ):
        raise UserError(f"{path}: holds no state dict")
    if all(name.startswith("module.") for name in state):
        state = {name.removeprefix("module."): value for name, value in state.items()}
    return state


def _recorded_weights(path: Path) -> dict[str, torch.Tensor]:
    record = read_record(path)
    file = Path(os.path.normpath(path.parent / record.file))
    exchanged = f"{file}: not the weights that {path.name} was written for: the file was exchanged"
    if not record.source.startswith(PREFIX):
        state = read_weights(file)
        if tensors_digest(state) != record.tensors_sha256:
            raise UserError(f"{exchanged}. Delete both and start the workflow again.")
        return state
    if not file.is_file():
        raise UserError(f"{file}: no such weights. {train_again(file)}")
    if checksum(file, "sha256") != record.source_sha256:
        raise UserError(f"{exchanged}. {train_again(file)}")
    return read_weights(file)


def stored_record(path: Path, model: str, row: Model) -> WeightsRecord | None:
    """The record kept inside a stored weights file, if the file is whole and of this model."""
    try:
        with safe_open(path, framework="pt") as file:
            record = WeightsRecord(**json.loads(file.metadata()["record"]))
        wanted = (model, row.library, row.architecture, row.weights)
        found = (record.model, record.library, record.architecture, record.weights)
        whole = found == wanted and tensors_digest(load_file(path)) == record.tensors_sha256
    except (FileNotFoundError, SafetensorError, KeyError, TypeError, json.JSONDecodeError):
        return None
    return record if whole else None


def store_weights(
    path: Path,
    model: str,
    row: Model,
    state: Mapping[str, torch.Tensor],
    source: str,
    source_sha256: str,
) -> WeightsRecord:
    """Check a state dict against the network and write it, with its record inside.

    Its last layer is not compared: it may have any number of classes, or be absent.
    """
    network = models.create(row)
    head = heads.last_layer(network)
    heads.load_body(network, head, state, head, source)
    state = {name: tensor.contiguous().clone() for name, tensor in state.items()}
    record = WeightsRecord(
        model=model,
        library=row.library,
        architecture=row.architecture,
        weights=row.weights,
        source=source,
        source_sha256=source_sha256,
        file=path.name,
        tensors_sha256=tensors_digest(state),
    )
    with atomic_path(path) as temporary:
        save_file(state, temporary, metadata={"record": json.dumps(asdict(record))})
    return record


def write_weights(
    folder: Path, state: Mapping[str, torch.Tensor] | None, settings: Mapping[str, Any]
) -> None:
    """Write what a run leaves for others to start from, with a record; None leaves nothing.

    `settings` are those of the run's record.
    """
    path, beside = folder / WEIGHTS, folder / WEIGHTS_RECORD
    beside.unlink(missing_ok=True)
    if state is None:
        path.unlink(missing_ok=True)
        return
    with atomic_path(path) as temporary:
        save_file(dict(state), temporary)
    run = "/".join(settings[key]["name"] for key in ("dataset", "model", "recipe", "hp"))
    model = settings["model"]
    record = WeightsRecord(
        model=model["name"],
        library=model["library"],
        architecture=model["architecture"],
        weights=model["weights"],
        source=f"{PREFIX}{run}",
        source_sha256=checksum(path, "sha256"),
        file=path.name,
        tensors_sha256=tensors_digest(state),
        image_size=settings["recipe"]["image_size"],
    )
    write_json(beside, asdict(record))


def fetch(row: Model) -> tuple[dict[str, torch.Tensor], str, str]:
    """Download a model's pinned weights; returns the state dict, its address and its sha256.

    torchvision's files are checked against the hash in their name, those of the Hugging Face
    hub against the sha256 that the hub publishes. Raises UserError if they cannot be had.
    """
    if row.weights == "file":
        raise UserError(
            f"{row.id}: no library publishes these weights. Name a local file for this "
            "model under `weights_files` in config/config.yaml."
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            if row.library == "torchvision":
                return _fetch_torchvision(row, Path(folder))
            return _fetch_timm(row, Path(folder))
        except UserError:
            raise
        except Exception as error:  # each client library raises its own
            raise UserError(
                f"{row.architecture}: the weights '{row.weights}' could not be downloaded: "
                f"{error}. Try again with an internet connection, or name a local file for this "
                "model under `weights_files` in config/config.yaml."
            ) from None


def _download(url: str, folder: Path) -> tuple[Path, str]:
    """A file whose name carries the first digits of its sha256, as PyTorch names weights."""
    path = folder / url.rpartition("/")[2]
    prefix = re.search(r"-([0-9a-f]{8,})\.", path.name)
    torch.hub.download_url_to_file(url, str(path), prefix.group(1) if prefix else None)
    return path, checksum(path, "sha256")


def _fetch_torchvision(row: Model, folder: Path) -> tuple[dict[str, torch.Tensor], str, str]:
    from torchvision.models import get_model, get_weight

    try:
        pinned = get_weight(row.weights)
    except (ValueError, AttributeError) as error:
        raise UserError(f"torchvision: no weights '{row.weights}': {error}") from None
    path, digest = _download(pinned.url, folder)
    # torchvision's builder knows how to read its older files; it finds this one in its cache.
    cache = folder / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    path.rename(cache / path.name)
    before = torch.hub.get_dir()
    torch.hub.set_dir(folder / "hub")
    try:
        return get_model(row.architecture, weights=pinned).state_dict(), pinned.url, digest
    finally:
        torch.hub.set_dir(before)


def _fetch_timm(row: Model, folder: Path) -> tuple[dict[str, torch.Tensor], str, str]:
    import timm

    name = models.timm_name(row)
    config = timm.get_pretrained_cfg(name)
    if config is None:
        raise UserError(f"timm: no weights '{name}'")
    if config.hf_hub_id:
        path, url, digest = _download_from_hub(config.hf_hub_id, folder)
    elif config.url:
        url = str(config.url)
        path, digest = _download(url, folder)
    else:
        raise UserError(f"timm: '{name}' has no published weights")
    overlay = {"file": str(path), "custom_load": False}
    model = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay)
    return model.state_dict(), url, digest


def _download_from_hub(repository: str, folder: Path) -> tuple[Path, str, str]:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError

    for filename in _HUB_FILES:
        try:
            published = get_hf_file_metadata(hf_hub_url(repository, filename))
        except EntryNotFoundError:
            continue
        commit = published.commit_hash
        path = Path(hf_hub_download(repository, filename, revision=commit, cache_dir=folder))
        digest = checksum(path, "sha256")
        if published.etag and re.fullmatch("[0-9a-f]{64}", published.etag):
            verify_checksum(path, f"sha256:{published.etag}")
        return path, hf_hub_url(repository, filename, revision=commit), digest
    raise UserError(f"{repository}: holds none of {', '.join(_HUB_FILES)}")
