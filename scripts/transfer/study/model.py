"""The models of config/models.tsv: architectures with pinned weights."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from transfer.errors import UserError
from transfer.validation import read_table


@dataclass(frozen=True)
class Model:
    """One row of config/models.tsv; `id` is its column `model`, the schema describes the others.

    The ImageNet top-1 accuracy is in percent, None where the table has none.
    """

    id: str
    name: str
    family: str
    library: str
    architecture: str
    weights: str
    parameters: int
    year: int
    input_size: int
    native_size: int
    imagenet_top1_library: float | None = None
    pretraining_augmentation: str = ""


def read_models(path: str | Path) -> dict[str, Model]:
    """Read all models of `config/models.tsv` by id; raises UserError if the table is invalid."""
    table = read_table(path, "models").rename(columns={"model": "id"})
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return {row["id"]: Model(**{str(key): value for key, value in row.items()}) for row in rows}


def read_model(path: str | Path, model: str) -> Model:
    """Read one model of `config/models.tsv`; raises UserError suggesting the nearest ids."""
    models = read_models(path)
    if model in models:
        return models[model]
    near = difflib.get_close_matches(model, models, n=3)
    raise UserError(
        f"{path}: no model '{model}'" + (f" (did you mean {' or '.join(near)}?)" if near else "")
    )
