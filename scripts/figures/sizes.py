"""Each dataset's metric against the number of parameters, with Spearman's rho of each panel."""

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from transfer.drawing.panels import Panel, annotate, finish, styles_of, transfer_panels
from transfer.drawing.points import value_words
from transfer.drawing.style import Drawing, ModelStyle, draw_model
from transfer.results.computed import size_ranks
from transfer.results.table import StudyResults, part_notes

READS = ("results",)
OPTIONS = {"part": {"type": "string", "format": "part", "default": "main"}}


def draw_sizes(panel: Panel, millions: np.ndarray, styles: dict[str, ModelStyle]) -> None:
    """Replace the horizontal axis by the logarithmic number of parameters, and mark all models."""
    y = panel.at[1]
    panel.ax.set_xscale("log")
    panel.ax.set_xlim(millions.min() / 1.4, millions.max() * 1.4)
    ticks = np.array([0.1, 0.3, 1, 3, 10, 30, 100, 300])
    inside = ticks[(ticks > millions.min() / 1.4) & (ticks < millions.max() * 1.4)]
    panel.ax.xaxis.set_major_locator(FixedLocator(inside.tolist()))
    panel.ax.xaxis.set_minor_locator(NullLocator())
    panel.ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.ax.set_xlabel("Parameters (millions)")
    for model, across, up in zip(panel.x.index, millions, y, strict=True):
        value = f"{value_words(panel.metric, panel.y[model])}; {across:.1f} million parameters"
        draw_model(panel.ax, across, up, styles[model], value, panel.title)


def draw(results: StudyResults, *, part: str) -> Drawing:
    figure, panels = transfer_panels(results, "linear", part)
    styles = styles_of(results, part)
    ranks = size_ranks(results, part)
    for panel in panels:
        millions = results.models.loc[panel.x.index, "parameters"].to_numpy() / 1e6
        if len(millions):
            draw_sizes(panel, millions, styles)
        rank = ranks.loc[panel.dataset]
        annotate(panel, f"ρ {rank['rho']:.2f}, p {rank['p']:.2g}")
    notes = ["ρ is Spearman's. Parameters as the library counts them."]
    finish(figure, results, [], notes, part)
    caption = (
        "Each dataset's metric against the number of parameters, as the library that provides the "
        "model counts them."
    )
    return Drawing(figure, " ".join([caption, *part_notes(results, part, published="")]))
