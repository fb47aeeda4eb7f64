"""Query torchvision and timm about an architecture and its weights."""

import difflib
from typing import Any

import timm
import torch
import torchvision
from torch import nn
from torchvision.models import get_model_weights, list_models

from transfer.errors import UserError
from transfer.study.model import Model
from transfer.study.sources import PREFIX
from transfer.training.models import create, timm_name


def describe(row: Model) -> dict[str, Any]:
    """The fields of `transfer.study.checks.libraries.Network` for a model.

    Nothing is downloaded. Networks are built on PyTorch's meta device where possible, which takes
    no memory.
    """
    library, architecture = row.library, row.architecture
    module = torchvision if library == "torchvision" else timm
    # Without the build tag, such as +cu130.
    release = module.__version__.partition("+")[0]
    answer: dict[str, Any] = {"library": f"{library} {release}"}
    known = list_models() if library == "torchvision" else timm.list_models()
    if architecture not in known:
        return answer | {"unknown": "architecture", "near": _near(architecture, known)}
    if row.weights != "file" and not row.weights.startswith(PREFIX):
        sizes = _torchvision_sizes(row) if library == "torchvision" else _timm_sizes(row)
        wanted = row.weights if library == "torchvision" else timm_name(row)
        if wanted not in sizes:
            return answer | {"unknown": "weights", "near": _near(row.weights, list(sizes))}
        answer["native_sizes"] = sizes[wanted]
    try:
        network = _build(row)
    except (UserError, RuntimeError, TypeError, ValueError) as error:
        return answer | {"refused": str(error)}
    return answer | {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "only_size": _only_size(network),
    }


def _near(name: str, known: list[str]) -> str:
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.5)), "")


def _torchvision_sizes(row: Model) -> dict[str, list[int]]:
    """Sizes that each of the architecture's weights were evaluated at, by their full tags."""
    weights = get_model_weights(row.architecture)
    return {str(one): list(getattr(one.transforms(), "crop_size", [])) for one in weights}


def _timm_sizes(row: Model) -> dict[str, list[int]]:
    sizes = {}
    for name in timm.list_pretrained(f"{row.architecture}.*"):
        config = timm.get_pretrained_cfg(name)
        if config is not None:
            given = (config.input_size, config.test_input_size)
            sizes[name] = sorted({size[-1] for size in given if size})
    return sizes


def _build(row: Model) -> nn.Module:
    try:
        with torch.device("meta"):
            return create(row)
    except Exception:  # of networks that compute with their first weights
        return create(row)


def _only_size(network: nn.Module) -> int | None:
    """The only image size that a network accepts, as found by `models.set_image_size`."""
    if getattr(network, "set_input_size", None) is not None:
        return None
    config = getattr(network, "pretrained_cfg", None)
    if config is None:
        return getattr(network, "image_size", None)
    return config["input_size"][-1] if config.get("fixed_input_size") else None
