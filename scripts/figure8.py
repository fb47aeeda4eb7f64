"""Figure 8: Figure 1 with the CLIP models as purple stars."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from transfer.command_line import run, study_parser
from transfer.drawing.axes import to_axis
from transfer.drawing.panels import (
    Panel,
    draw_lines,
    draw_models,
    finish,
    line_handles,
    set_limits,
    styles_of,
    transfer_panels,
)
from transfer.drawing.style import PURPLE, save_figure, use_style
from transfer.results.table import StudyResults, imagenet_top1, load_results, part_values

# Wide enough to carry a number.
STAR = 150


def draw_stars(panel: Panel, results: StudyResults) -> None:
    """Mark the CLIP models as numbered stars; the panel grows to hold them."""
    x = to_axis(imagenet_top1(results, "clip"), panel.kind)
    y = to_axis(part_values(results, "clip")[panel.dataset], panel.kind)
    set_limits(panel, np.append(panel.at[0], x), np.append(panel.at[1], y))
    for number, (across, up) in enumerate(zip(x, y, strict=True), start=1):
        look = {"color": PURPLE, "edgecolors": "white", "linewidths": 0.6}
        panel.ax.scatter(across, up, s=STAR, marker="*", zorder=5, **look)
        panel.ax.text(
            across,
            up,
            str(number),
            fontsize=5,
            fontweight="bold",
            color="white",
            ha="center",
            va="center_baseline",
            zorder=6,
        )


def star_handles(results: StudyResults) -> list[Artist]:
    """Legend entries that say which number is which CLIP model."""
    names = results.models.loc[list(results.study.parts["clip"].models), "name"]
    return [
        Line2D(
            [], [], linestyle="", marker="*", markersize=10, color=PURPLE, label=f"{number} {name}"
        )
        for number, name in enumerate(names, start=1)
    ]


def main() -> None:
    parser = study_parser(__doc__, "figure8.svg; .pdf and .png are written beside it")
    parser.add_argument("--axes", choices=["linear", "logit"], help="default: as the study says")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    use_style()
    figure, panels = transfer_panels(results, args.axes or results.study.axes)
    styles = styles_of(results)
    for panel in panels:
        draw_lines(panel, results.study.intervals)
        draw_models(panel, styles)
        draw_stars(panel, results)
    finish(figure, results, [*star_handles(results), *line_handles(results, panels[0])])
    save_figure(figure, args.output)


if __name__ == "__main__":
    run(main)
