"""Correlation of the mean over datasets with the predictor on the horizontal axis, by part."""

from typing import Any

import pandas as pd

from transfer.drawing.tables import Column, Table, decimals
from transfer.results.gains import gains
from transfer.results.table import StudyResults, imagenet_top1, part_notes, part_values
from transfer.statistics.correlation_intervals import FEWEST_POINTS, pearson

READS = ("results",)
OPTIONS = {
    "parts": {"format": "parts", "default": ["main"]},
    # A part to subtract from the first one, which gives the gain of pre-training.
    "random": {"type": ["string", "null"], "format": "part", "default": None},
}


def make(results: StudyResults, *, parts: list[str], random: str | None) -> Table:
    top1 = imagenet_top1(results, parts[0])
    means = {part: part_values(results, part).dropna().mean(axis=1) for part in parts}
    if random is not None:
        means["gain"] = gains(results, parts[0], random).dropna().mean(axis=1)
    spread = {"part": "predictor", "lowest": top1.min(), "highest": top1.max(), "models": len(top1)}
    rows = [spread, *({"part": part, **row(results, top1, y)} for part, y in means.items())]
    names = {"predictor": results.predictor.axis, "gain": "Gain of pre-training"}
    names |= {part: f"Mean over datasets, {results.study.parts[part].recipe}" for part in parts}
    columns = [
        Column("part", "Values", lambda key: names[str(key)]),
        Column("lowest", "Lowest", decimals(3)),
        Column("highest", "Highest", decimals(3)),
        Column("models", "Models"),
        Column("r", "r", decimals(2)),
        Column("lower", "from", decimals(2)),
        Column("upper", "to", decimals(2)),
        Column("predicted", "Predicted?", lambda answer: str(answer) if pd.notna(answer) else "–"),
    ]
    level = results.study.intervals["level"]
    caption = (
        "Pearson's r of each model's mean over the datasets with its "
        f"{results.predictor.accuracy}, with Fisher's {level * 100:g} % interval over models. "
        "All values are fractions."
    )
    notes = [words for part in parts for words in part_notes(results, part)]
    return Table(pd.DataFrame(rows), columns, caption, list(dict.fromkeys(notes)))


def row(results: StudyResults, top1: pd.Series, y: pd.Series) -> dict[str, Any]:
    """A row of the table: r of the models' means with their accuracy, and the answer it gives."""
    found = {"lowest": y.min(), "highest": y.max(), "models": len(y)}
    x = top1.reindex(y.index).to_numpy()
    if len(y) < FEWEST_POINTS:
        return {**found, "predicted": "too few models"}
    r = pearson(x, y.to_numpy(), results.study.intervals["level"])
    answer = "yes" if r.interval.lower > 0 else "the opposite" if r.interval.upper < 0 else ""
    bounds = {"r": r.value, "lower": r.interval.lower, "upper": r.interval.upper}
    return {**found, **bounds, "predicted": answer or "cannot tell"}
