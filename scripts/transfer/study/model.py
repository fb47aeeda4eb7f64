"""The models of config/models.tsv: architectures with pinned weights."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, fields
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


@dataclass(frozen=True)
class PrintedModel:
    """A model as the study of a paper's printed numbers shows it; no library needs to have it.

    `id` is the column `model` of the paper's table; what the table does not say is None.
    """

    id: str
    name: str
    family: str
    parameters: int | None = None
    year: int | None = None


def read_models(path: str | Path) -> dict[str, Model]:
    """Read all models of `config/models.tsv` by id; raises UserError if the table is invalid."""
    table = read_table(path, "models").rename(columns={"model": "id"})
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return {row["id"]: Model(**{str(key): value for key, value in row.items()}) for row in rows}


def read_printed_models(path: Path) -> dict[str, PrintedModel]:
    """Read the models of a paper by id, from a table with its schema beside it."""
    table = read_table(path, path.stem, path.parent).rename(columns={"model": "id"})
    known = [field.name for field in fields(PrintedModel) if field.name in table]
    rows = table[known].astype(object).where(table[known].notna(), None).to_dict("records")
    return {row["id"]: PrintedModel(**{str(key): row[key] for key in row}) for row in rows}


def read_shown_models(tables: Sequence[Path]) -> dict[str, Model | PrintedModel]:
    """The models that a study can show: those of config/models.tsv, the first of `tables`.

    Any further table is that of a study's paper, whose rows replace those of the same id.
    """
    first, *papers = tables
    models: dict[str, Model | PrintedModel] = {**read_models(first)}
    for path in papers:
        models |= read_printed_models(path)
    return models


def read_model(path: str | Path, model: str) -> Model:
    """Read one model of `config/models.tsv`; raises UserError suggesting the nearest ids."""
    models = read_models(path)
    if model in models:
        return models[model]
    near = difflib.get_close_matches(model, models, n=3)
    raise UserError(
        f"{path}: no model '{model}'" + (f" (did you mean {' or '.join(near)}?)" if near else "")
    )
