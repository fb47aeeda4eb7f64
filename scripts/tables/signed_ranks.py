"""How far one part lies above another over models, dataset by dataset, with Wilcoxon's test.

Differences are of log odds; p is that of Wilcoxon's signed rank test over models, exact with ties
and zeros. On plain accuracies the order of the differences, and with it p, would be another.
"""

import pandas as pd

from transfer.drawing.tables import Column, Table, decimals, show_p
from transfer.errors import UserError
from transfer.results.table import (
    StudyResults,
    bound_notes,
    complete_values,
    logit_bound,
    part_notes,
)
from transfer.statistics.paired import gain
from transfer.statistics.transforms import logit

READS = ("results",)
OPTIONS = {
    # By name: the part, the one that it is compared with, and a heading.
    "pairs": {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": False,
            "required": ["first", "second"],
            "properties": {
                "first": {"type": "string"},
                "second": {"type": "string"},
                "label": {"type": "string"},
            },
        },
        "default": {},
    },
}


def make(results: StudyResults, *, pairs: dict[str, dict[str, str]]) -> Table:
    values = values_of(results, pairs)
    names = {key: dataset.short_name for key, dataset in results.datasets.items()}
    columns = [
        Column("dataset", "Dataset", lambda key: names.get(key, "All")),
        Column("pairs", "Pairs"),
    ]
    bound = max((logit_bound(results, table) for table in values.values()), default=0.0)
    tables = []
    for name, pair in pairs.items():
        first, second = (logit(values[pair[key]], bound) for key in ("first", "second"))
        tables.append(compared(name, first, second))
        label = pair.get("label", name.replace("_", " "))
        columns += [
            Column(f"{name}_above", f"{label}: above"),
            Column(f"{name}_gain", f"{label}: gain", decimals(3)),
            Column(f"{name}_p", f"{label}: p", show_p),
        ]
    frame = pd.concat(tables, axis=1).rename_axis("dataset").reset_index()
    models = len(next(iter(values.values())))
    frame.insert(1, "pairs", [models] * (len(frame) - 1) + [models * (len(frame) - 1)])
    caption = (
        "Models for which the first part has the higher value, the mean gain in log odds, and the "
        "exact two-sided p of Wilcoxon's signed rank test over models, on log odds."
    )
    notes = [words for part in values for words in part_notes(results, part)]
    return Table(frame, columns, caption, list(dict.fromkeys([*notes, *bound_notes(bound)])))


def values_of(results: StudyResults, pairs: dict[str, dict[str, str]]) -> dict[str, pd.DataFrame]:
    """The values of every part that is compared, of the models and datasets that all have."""
    values: dict[str, pd.DataFrame] = {}
    for name, pair in pairs.items():
        for part in (pair["first"], pair["second"]):
            if part not in results.study.parts:
                raise UserError(
                    f"signed_ranks: pairs.{name}: the study has no part '{part}'; there are "
                    f"{', '.join(results.study.parts)}"
                )
            values[part] = complete_values(results, part)
    if not values:
        raise UserError("signed_ranks: pairs: name the parts to compare")
    first, *others = values.values()
    models = [one for one in first.index if all(one in table.index for table in others)]
    datasets = [one for one in first.columns if all(one in table.columns for table in others)]
    return {part: table.loc[models, datasets] for part, table in values.items()}


def compared(name: str, first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """One comparison by dataset, and of all pairs in a last row, which has no test."""
    rows = {}
    for dataset in first.columns:
        found = gain(first[dataset].to_numpy(), second[dataset].to_numpy())
        rows[dataset] = (found.above, found.mean, found.test.p)
    columns = [f"{name}_above", f"{name}_gain", f"{name}_p"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    above, mean, _ = columns
    table.loc["all"] = [table[above].sum(), table[mean].mean(), float("nan")]
    return table.astype({above: int})
