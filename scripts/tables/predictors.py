"""How well ImageNet accuracy, size and scores of frozen features rank models by their transfer.

Spearman's rho of each predictor with the values of each dataset, with its interval. The baselines,
ImageNet top-1 and the number of parameters, are always shown; with `features`, so are the scores
that are computed from features of the frozen networks. Where the study names a table of the paper
(`printed`), rho with the values printed there stands beside.
"""

import pandas as pd

from transfer.drawing.tables import Column, Table, decimals
from transfer.results.prediction import BASELINES, LABELS
from transfer.results.table import StudyResults, imagenet_top1, part_notes, part_values
from transfer.statistics.correlation_intervals import FEWEST_POINTS, spearman

READS = ("results", "printed")
OPTIONS = {
    "part": {"type": "string", "format": "part", "default": "main"},
    # Scores of frozen features beside the baselines.
    "features": {"type": "boolean", "default": False, "reads": "predictors"},
}


# The row of a predictor for all datasets.
MEAN = "mean"


def make(
    results: StudyResults,
    printed: pd.DataFrame | None,
    *,
    part: str,
    features: pd.DataFrame | None,
) -> Table:
    theirs = printed.set_index("model") if printed is not None else pd.DataFrame()
    values, level = part_values(results, part), results.study.intervals["level"]
    of_models = {
        "imagenet_top1": imagenet_top1(results, part),
        "parameters": results.models.loc[values.index, "parameters"].astype(float),
    }
    names = [name for name in LABELS if name in BASELINES or features is not None]
    rows: list[dict[str, object]] = []
    for dataset in values.columns:
        for name in names:
            scores = of_models[name] if name in BASELINES else _scores(features, name, dataset)
            row: dict[str, object] = {"dataset": dataset, "predictor": name}
            row |= _ranked(scores, values[dataset], level)
            if dataset in theirs:
                numbers = pd.to_numeric(theirs[dataset], errors="coerce")
                of_paper = _ranked(scores, numbers.reindex(values.index), level)
                row |= {f"printed_{key}": value for key, value in of_paper.items()}
            rows.append(row)
    own = ["rho", "lower", "upper", "models"]
    beside = [f"printed_{key}" for key in own] if printed is not None else []
    frame = pd.DataFrame(rows, columns=["dataset", "predictor", *own, *beside])
    without = bool(frame["rho"].isna().any())
    rhos = ["rho", *(column for column in beside if column.endswith("rho"))]
    means = frame.groupby("predictor", sort=False)[rhos].mean().reset_index()
    counts = dict.fromkeys([c for c in frame if str(c).endswith("models")], "Int64")
    frame = pd.concat([frame, means.assign(dataset=MEAN)], ignore_index=True).astype(counts)
    columns = [
        Column("dataset", "Dataset", lambda key: _name(results, key)),
        Column("predictor", "Predictor", LABELS.__getitem__),
        Column("rho", "ρ", decimals(2)),
        Column("lower", "from", decimals(2)),
        Column("upper", "to", decimals(2)),
        Column("models", "Models", decimals(0)),
    ]
    if beside:
        columns += [
            Column("printed_rho", "ρ (printed)", decimals(2)),
            Column("printed_lower", "from (printed)", decimals(2)),
            Column("printed_upper", "to (printed)", decimals(2)),
            Column("printed_models", "Models (printed)", decimals(0)),
        ]
    caption = (
        "Spearman's rho of predictors of transfer with the values of each dataset, with its "
        f"{level:.0%} interval (Bonett and Wright 2000)."
    )
    notes = part_notes(results, part)
    if beside:
        notes.append("With the values that the paper prints: (printed).")
    if without:
        notes.append(
            f"A dash: fewer than {FEWEST_POINTS} models have a score and a value. Where images "
            "have several labels, no score of features is defined."
        )
    return Table(frame, columns, caption, notes)


def _ranked(scores: pd.Series, values: pd.Series, level: float) -> dict[str, float | int]:
    """Spearman's rho and its interval over the models with both; the number of these models."""
    both = pd.DataFrame({"score": scores, "value": values}).dropna()
    if len(both) < FEWEST_POINTS or (both.nunique() < 2).any():
        return {"models": len(both)}
    found = spearman(both["score"].to_numpy(), both["value"].to_numpy(), level)
    lower, upper = found.interval
    return {"rho": found.value, "lower": lower, "upper": upper, "models": found.n}


def _name(results: StudyResults, dataset: str) -> str:
    return "Mean of all" if dataset == MEAN else results.datasets[dataset].short_name


def _scores(features: pd.DataFrame | None, name: str, dataset: str) -> pd.Series:
    """A predictor of the models on a dataset."""
    assert features is not None
    chosen = (features["predictor"] == name) & (features["dataset"] == dataset)
    return features[chosen].set_index("model")["value"]
