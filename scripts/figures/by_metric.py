"""One dataset by several metrics, a panel each, all from the predictions of the same runs."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from scipy import stats

from transfer.drawing.panels import (
    Panel,
    draw_lines,
    draw_models,
    finish,
    line_handles,
    lines_words,
    panels_of,
    styles_of,
)
from transfer.drawing.style import Drawing
from transfer.metrics import METRICS
from transfer.results.computed import FEWEST_MODELS
from transfer.results.predictions import values_by_metric
from transfer.results.table import StudyResults, part_notes

READS = ("results", "predictions")
OPTIONS = {
    "part": {"type": "string", "format": "part", "default": "main"},
    "dataset": {"type": "string", "default": "melanoma"},
    "metrics": {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "uniqueItems": True,
        "default": ["roc_auc", "accuracy"],
    },
    # Of both axes; the study's own scale if none is chosen.
    "axes": {"enum": ["linear", "logit", None], "default": None},
}


def draw(
    results: StudyResults,
    predictions: Path,
    *,
    part: str,
    dataset: str,
    metrics: list[str],
    axes: str | None,
) -> Drawing:
    values = values_by_metric(results, predictions, part, dataset, metrics)
    described = results.datasets[dataset]
    columns: list[tuple[str, str, str, pd.Series]] = [
        (dataset, metric, METRICS[metric].label, values[metric]) for metric in metrics
    ]
    figure, panels = panels_of(results, axes or results.study.axes, part, columns)
    for panel in panels:
        draw_lines(panel, results.study.intervals)
        draw_models(panel, styles_of(results, part))
    own = METRICS[results.study.parts[part].metric(described)].label
    notes = [f"Runs and epochs were chosen by {own[0].lower()}{own[1:]} in all panels."]
    notes += order_note(panels)
    finish(figure, results, line_handles(results, panels[0]), notes, part)
    caption = (
        f"{described.name} by {' and by '.join(METRICS[one].label for one in metrics)}, from the "
        f"predictions of the same runs, against {results.predictor.accuracy}. "
        f"{lines_words(results, part)}"
    )
    return Drawing(figure, " ".join([caption, *notes, *part_notes(results, part)]))


def order_note(panels: Sequence[Panel]) -> list[str]:
    """How closely the order of the models by each metric is that by ImageNet top-1."""
    if len(panels[0].x) < FEWEST_MODELS:
        return []
    ranks = [f"{panel.title} {stats.spearmanr(panel.x, panel.y).statistic:.2f}" for panel in panels]
    return [f"Spearman's ρ with {panels[0].predictor} over all models: {', '.join(ranks)}."]
