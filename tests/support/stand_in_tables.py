"""A minimal dataset and model for tests."""

from collections.abc import Mapping
from typing import Any

from transfer.data.dataset import Dataset, dataset_of
from transfer.study.model import Model

BLOCK: dict[str, Any] = {
    "name": "Own",
    "short_name": "Own",
    "metric": "accuracy",
    "multilabel": False,
    "citation": "",
    "source": {"homepage": "https://example.org", "kind": "by_hand", "files": []},
    "layout": {"kind": "folders"},
    "split": {"method": "none"},
    "short_side": 32,
    "evaluation_sizes": [32],
}
ROW: dict[str, Any] = {
    "id": "own",
    "name": "Own",
    "family": "own",
    "library": "torchvision",
    "architecture": "resnet18",
    "weights": "file",
    "parameters": 1000,
    "year": 2020,
    "input_size": 256,
    "native_size": 224,
}


def a_dataset(id: str = "own", block: Mapping[str, Any] | None = None, **keys: Any) -> Dataset:
    """A dataset from a block of config/datasets.yaml, or from some of its keys."""
    return dataset_of(id, BLOCK | dict(block or {}) | keys)


def a_model(**fields: Any) -> Model:
    """A model from some of its fields."""
    return Model(**(ROW | fields))
