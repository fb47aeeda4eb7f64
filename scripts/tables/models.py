"""The models of a study as config/models.tsv has them, beside what a paper prints of them."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from transfer.drawing.tables import Column, Table, beside_printed, decimals
from transfer.results.table import StudyResults

READS = ("results", "printed")
OPTIONS = {
    "part": {"type": "string", "format": "part", "default": "main"},
    "columns": {
        "type": "array",
        "items": {"enum": ["imagenet_top1", "parameters_millions", "year", "augmentation"]},
        "minItems": 1,
        "uniqueItems": True,
        "default": ["imagenet_top1", "parameters_millions", "year"],
    },
}
HEADINGS = {
    "imagenet_top1": "ImageNet top-1",
    "parameters_millions": "Parameters (M)",
    "year": "Year",
    "augmentation": "Pre-training augmentation",
}
NUMBERS: dict[str, Callable[[Any], str]] = {
    "imagenet_top1": decimals(1),
    "parameters_millions": decimals(1),
}


def make(
    results: StudyResults, printed: pd.DataFrame | None, *, part: str, columns: list[str]
) -> Table:
    models = results.models.loc[list(results.study.parts[part].models)]
    frame = pd.DataFrame(
        {
            "model": models["model"],
            "imagenet_top1": models["imagenet_top1_library"],
            "parameters_millions": models["parameters"] / 1e6,
            "year": models["year"],
            "augmentation": models["pretraining_augmentation"].fillna("–"),
        }
    )[["model", *columns]].reset_index(drop=True)
    shown = [
        Column("model", "Model", lambda key: str(results.models.loc[key, "name"])),
        *(Column(name, HEADINGS[name], NUMBERS.get(name, str)) for name in columns),
    ]
    theirs = None if printed is None else printed.set_index("model")
    texts = [name for name in columns if name not in NUMBERS]
    notes = [] if theirs is None else differing(frame, theirs, texts, results)
    if theirs is not None and set(columns) & set(NUMBERS):
        numbers = theirs.drop(columns=texts, errors="ignore").reset_index()
        frame, shown, beside = beside_printed(frame, shown, numbers)
        notes = [*beside, *notes]
    facts = "Accuracies are those that the libraries state of the weights that are trained here."
    about = [facts] if "imagenet_top1" in columns else []
    return Table(frame, shown, "The models of the study.", [*about, *notes])


def differing(
    frame: pd.DataFrame, theirs: pd.DataFrame, texts: list[str], results: StudyResults
) -> list[str]:
    """A sentence on each column of words: that the paper prints the same, or what else."""
    notes = []
    for name in (one for one in texts if one in theirs):
        own = frame.set_index("model")[name].astype(str)
        pairs = [(m, own[m], theirs.loc[m, name]) for m in own.index if m in theirs.index]
        other = [
            f"{results.models.loc[model, 'name']} {printed}"
            for model, ours, printed in pairs
            # Not a difference of spaces.
            if ours.replace(" ", "") != printed.replace(" ", "")
        ]
        column = HEADINGS[name].lower()
        notes.append(
            f"The paper prints another {column} of {len(other)}: {', '.join(other)}."
            if other
            else f"The paper prints the same {column} of all."
        )
    return notes
