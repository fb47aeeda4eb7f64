"""The models of config/models.tsv: architectures with pinned weights."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from transfer.entries import Entries
from transfer.validation import read_lines, read_table, typed_table


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


def read_models(path: str | Path) -> Entries[Model]:
    """Read all models of `config/models.tsv` by id, leaving out invalid rows.

    A row without an id is left out under its line, such as `line 3`. Raises UserError for a file
    that is not a table or has other columns.
    """
    lines = read_lines(path, "models")
    ids = {line: row.get("model") or f"line {line}" for line, row in lines.rows.items()}
    broken: dict[str, list[str]] = {}
    for line, problem in lines.problems.items():
        broken.setdefault(ids[line], []).extend(problem.splitlines())
    valid = {line: row for line, row in lines.rows.items() if ids[line] not in broken}
    text = pd.DataFrame(list(valid.values()), columns=lines.header, dtype=str)
    table = typed_table(text, "models").rename(columns={"model": "id"})
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return Entries(
        "model",
        path,
        {row["id"]: Model(**{str(key): value for key, value in row.items()}) for row in rows},
        {id: "\n".join(dict.fromkeys(problems)) for id, problems in broken.items()},
        {ids[line]: line for line in valid},
    )
