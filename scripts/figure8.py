"""Figure 8: Figure 1 with the CLIP models as purple stars."""

import numpy as np
from adjustText import adjust_text
from matplotlib.lines import Line2D

from transfer.analysis.results import StudyResults, imagenet_top1, load_results, part_values
from transfer.command_line import run, study_parser
from transfer.figures.axes import to_axis
from transfer.figures.panels import (
    Panel,
    draw_lines,
    draw_models,
    finish,
    line_handles,
    set_limits,
    styles_of,
    transfer_panels,
)
from transfer.figures.style import PURPLE, draw_model, save_figure, use_style


def draw_stars(panel: Panel, results: StudyResults) -> None:
    """Mark the CLIP models as labelled stars; the panel grows to hold them."""
    x = to_axis(imagenet_top1(results, "clip"), panel.kind)
    y = to_axis(part_values(results, "clip")[panel.dataset], panel.kind)
    set_limits(panel, np.append(panel.at[0], x), np.append(panel.at[1], y))
    styles = styles_of(results, "clip")
    names = results.models["name"]
    labels = []
    for model, across, up in zip(styles, x, y, strict=True):
        # One kind of star for all: within CLIP, size is told by the label.
        draw_model(panel.ax, across, up, styles[model].as_filled())
        name = str(names[model]).removeprefix("CLIP-")
        labels.append(panel.ax.text(across, up, name, fontsize=6.5, color=PURPLE, zorder=5))
    adjust_text(
        labels,
        x=[*x, *panel.at[0]],
        y=[*y, *panel.at[1]],
        ax=panel.ax,
        arrowprops={"arrowstyle": "-", "color": PURPLE, "linewidth": 0.5},
        ensure_inside_axes=True,
        time_lim=10,
        iter_lim=400,
    )


def main() -> None:
    parser = study_parser(__doc__, "figure8.svg; .pdf and .png are written beside it")
    parser.add_argument("--axes", choices=["linear", "logit"], help="default: as the study says")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    use_style()
    figure, panels = transfer_panels(results, args.axes or results.study.axes)
    styles = styles_of(results)
    for panel in panels:
        draw_models(panel, styles)
        draw_lines(panel, results.study.intervals)
    star = Line2D([], [], linestyle="", marker="*", markersize=9.5, color=PURPLE, label="CLIP")
    finish(figure, results, [star, *line_handles(results, panels[0])])
    # Labels keep clear of each other in the final layout, so that comes first.
    figure.canvas.draw()
    for panel in panels:
        draw_stars(panel, results)
    save_figure(figure, args.output)


if __name__ == "__main__":
    run(main)
