"""How well ImageNet accuracy, size and scores of frozen features rank models by their transfer.

Spearman's rho of each predictor with the values of each dataset, with its interval. The baselines,
ImageNet top-1 and the number of parameters, are always shown; with `features`, so are the scores
that are computed from features of the frozen networks.
"""

import pandas as pd

from transfer.drawing.tables import Column, Table, decimals
from transfer.results.prediction import BASELINES, LABELS
from transfer.results.table import StudyResults, imagenet_top1, part_notes, part_values
from transfer.statistics.correlation_intervals import FEWEST_POINTS, spearman

READS = ("results",)
OPTIONS = {
    "part": {"type": "string", "format": "part", "default": "main"},
    # Scores of frozen features beside the baselines.
    "features": {"type": "boolean", "default": False, "reads": "predictors"},
}


# The row of a predictor for all datasets.
MEAN = "mean"


def make(results: StudyResults, *, part: str, features: pd.DataFrame | None) -> Table:
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
            both = pd.DataFrame({"score": scores, "value": values[dataset]}).dropna()
            row: dict[str, object] = {"dataset": dataset, "predictor": name, "models": len(both)}
            if len(both) >= FEWEST_POINTS and (both.nunique() > 1).all():
                found = spearman(both["score"].to_numpy(), both["value"].to_numpy(), level)
                row |= {"rho": found.value}
                row |= {"lower": found.interval.lower, "upper": found.interval.upper}
            rows.append(row)
    frame = pd.DataFrame(rows, columns=["dataset", "predictor", "rho", "lower", "upper", "models"])
    without = bool(frame["rho"].isna().any())
    means = frame.groupby("predictor", sort=False)["rho"].mean()
    for name in names:
        frame.loc[len(frame)] = [MEAN, name, means[name], None, None, None]
    frame["models"] = frame["models"].astype("Int64")
    columns = [
        Column("dataset", "Dataset", lambda key: _name(results, key)),
        Column("predictor", "Predictor", LABELS.__getitem__),
        Column("rho", "ρ", decimals(2)),
        Column("lower", "from", decimals(2)),
        Column("upper", "to", decimals(2)),
        Column("models", "Models", decimals(0)),
    ]
    caption = (
        "Spearman's rho of predictors of transfer with the values of each dataset, with its "
        f"{level:.0%} interval (Bonett and Wright 2000)."
    )
    notes = part_notes(results, part)
    if without:
        notes.append(
            f"A dash: fewer than {FEWEST_POINTS} models have a score and a value. Where images "
            "have several labels, no score of features is defined."
        )
    return Table(frame, columns, caption, notes)


def _name(results: StudyResults, dataset: str) -> str:
    return "Mean of all" if dataset == MEAN else results.datasets[dataset].short_name


def _scores(features: pd.DataFrame | None, name: str, dataset: str) -> pd.Series:
    """A predictor of the models on a dataset."""
    assert features is not None
    chosen = (features["predictor"] == name) & (features["dataset"] == dataset)
    return features[chosen].set_index("model")["value"]
