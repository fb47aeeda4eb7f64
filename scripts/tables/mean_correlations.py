"""Correlation of ImageNet top-1 with mean transfer, both in log odds, by part and datasets."""

from typing import Any

import pandas as pd

from transfer.drawing.tables import Column, Table, decimals, show_p
from transfer.errors import UserError
from transfer.results.table import (
    StudyResults,
    bound_notes,
    complete_values,
    imagenet_top1,
    logit_bound,
    part_notes,
)
from transfer.statistics.correlation_intervals import bootstrap_pearson, pearson, spearman
from transfer.statistics.transforms import logit

READS = ("results",)
OPTIONS = {
    # By row: the part, its heading, and the datasets of the mean, by default all of the part.
    "rows": {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "part": {"type": "string"},
                "label": {"type": "string"},
                "datasets": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            },
        },
        "default": {"main": {"part": "main"}},
    },
}


def make(results: StudyResults, *, rows: dict[str, dict[str, Any]]) -> Table:
    found, bounds = [], 0.0
    for name, row in rows.items():
        part = row.get("part", name)
        if part not in results.study.parts:
            raise UserError(
                f"mean_correlations: rows.{name}: the study has no part '{part}'; there are "
                f"{', '.join(results.study.parts)}"
            )
        values = complete_values(results, part)
        if absent := [one for one in row.get("datasets", []) if one not in values.columns]:
            raise UserError(f"mean_correlations: rows.{name}: part {part} has no {absent[0]}")
        values = values[row.get("datasets", list(values.columns))]
        bound = logit_bound(results, values)
        bounds = max(bounds, bound)
        x = logit(imagenet_top1(results, part)[values.index].to_numpy())
        y = logit(values.to_numpy(), bound).mean(axis=1)
        level = results.study.intervals["level"]
        drawn = bootstrap_pearson(x, y, **results.study.intervals)
        r, rho = pearson(x, y, level), spearman(x, y, level)
        found.append(
            {
                "row": name,
                "datasets": values.shape[1],
                "models": r.n,
                "r": r.value,
                "r_lower": r.interval.lower,
                "r_upper": r.interval.upper,
                "bootstrap_lower": drawn.lower,
                "bootstrap_upper": drawn.upper,
                "p": r.p,
                "rho": rho.value,
                "rho_lower": rho.interval.lower,
                "rho_upper": rho.interval.upper,
            }
        )
    labels = {name: row.get("label", name.replace("_", " ")) for name, row in rows.items()}
    columns = [
        Column("row", "Row", lambda name: str(labels[name])),
        Column("datasets", "Datasets"),
        Column("models", "Models"),
        Column("r", "r", decimals(2)),
        Column("r_lower", "from", decimals(2)),
        Column("r_upper", "to", decimals(2)),
        Column("bootstrap_lower", "bootstrap from", decimals(2)),
        Column("bootstrap_upper", "to ", decimals(2)),
        Column("p", "p", show_p),
        Column("rho", "ρ", decimals(2)),
        Column("rho_lower", "ρ from", decimals(2)),
        Column("rho_upper", "to  ", decimals(2)),
    ]
    bands = results.study.intervals
    resamples = f"{bands['samples']} resamples, seed {bands['seed']}"
    caption = (
        "Pearson's r and Spearman's ρ of ImageNet top-1 with the mean over datasets, both "
        f"logit-transformed, with {bands['level'] * 100:g} % intervals: of r Fisher's and that of "
        f"a bootstrap over models ({resamples}), of ρ Bonett and Wright's."
    )
    part = str(next(iter(rows.values())).get("part", next(iter(rows))))
    notes = [*part_notes(results, part), *bound_notes(bounds)]
    frame = pd.DataFrame(found, columns=[column.name for column in columns])
    return Table(frame, columns, caption, notes)
