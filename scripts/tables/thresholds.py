"""Thresholds chosen on validation, on images that did not choose them (Section 4.3), by model."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from transfer.drawing.tables import Column, Table, show_metric
from transfer.results.predictions import part_predictions
from transfer.results.table import StudyResults, part_notes, part_values
from transfer.results.thresholds import carried_over

READS = ("results", "predictions")
OPTIONS = {
    "part": {"type": "string", "format": "part", "default": "main"},
    "dataset": {"type": "string", "default": "hpa"},
}
NAMES = ["own", "carried", "half"]


def make(results: StudyResults, predictions: Path, *, part: str, dataset: str) -> Table:
    kept = part_predictions(results, predictions, part, dataset)
    described = results.datasets[dataset]
    metric = results.study.parts[part].metric(described)
    seed = results.study.intervals["seed"]
    found = {model: asdict(carried_over(path, metric, seed)) for model, path in kept.items()}
    frame = pd.DataFrame.from_dict(found, orient="index", columns=[*NAMES, "others"])
    frame.insert(0, "value", part_values(results, part)[dataset])
    frame = frame.reindex(list(results.study.parts[part].models)).rename_axis("model").reset_index()
    show = show_metric(metric)
    columns = [
        Column("model", "Model", lambda key: str(results.models.loc[key, "name"])),
        Column("value", "As selected", show),
        Column("own", "Own thresholds", show),
        Column("carried", "Carried over", show),
        Column("half", "At one half", show),
    ]
    caption = (
        f"{described.name}: thresholds chosen on the validation images, on images that did not "
        "choose them (carried over), beside thresholds chosen on those very images and beside "
        "probability one half for every class."
    )
    notes = [*(where(frame) + carried_words(frame, show)), *part_notes(results, part)]
    return Table(frame.drop(columns="others"), columns, caption, notes)


def where(frame: pd.DataFrame) -> list[str]:
    """Which images the thresholds are carried over to."""
    others = set(frame["others"].dropna())
    if not others:
        return []
    if others == {True}:
        return ["Measured on the third part of the split, which chose nothing."]
    return [
        "The runs keep no predictions on the third part of the split: measured on one half of the "
        "validation images with thresholds of the other half, averaged over both and over "
        "five halvings."
    ]


def carried_words(frame: pd.DataFrame, show: Callable[[float], str]) -> list[str]:
    """How much is lost on average, in a sentence that answers Section 4.3."""
    there = frame.dropna(subset=NAMES)
    if there.empty:
        return []
    own, carried, half = (there[name].astype(float).mean() for name in NAMES)
    kept = (carried - half) / (own - half) if own > half else float("nan")
    gained = f", {kept * 100:.0f} % of what own thresholds gain over one half"
    share = gained if kept == kept else ""
    return [
        f"Mean over {len(there)} models: {show(own)} with own thresholds, {show(carried)} with "
        f"those carried over{share}, {show(half)} at one half."
    ]
