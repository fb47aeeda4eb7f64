"""Figure 4: Figure 1 with an error bar on every point that has one."""

from pathlib import Path

import pandas as pd

from transfer.command_line import run, study_parser
from transfer.drawing.axes import label_axis, to_axis
from transfer.drawing.panels import (
    Panel,
    draw_lines,
    draw_models,
    finish,
    line_handles,
    styles_of,
    transfer_panels,
)
from transfer.drawing.style import GREY, save_figure, use_style
from transfer.results.table import load_results
from transfer.validation import read_table


def draw_intervals(panel: Panel, intervals: pd.DataFrame) -> None:
    """Draw a panel's intervals and widen it to hold them; say so where there are none."""
    own = intervals[intervals["dataset"] == panel.dataset].set_index("model").reindex(panel.x.index)
    if own["lower"].isna().all():
        panel.ax.text(
            0.97,
            0.04,
            "no interval: needs predictions",
            transform=panel.ax.transAxes,
            ha="right",
            fontsize=6.5,
            color=GREY,
        )
        return
    lower, upper = to_axis(own["lower"], panel.kind), to_axis(own["upper"], panel.kind)
    panel.ax.vlines(panel.at[0], lower, upper, color=GREY, linewidth=0.9, zorder=2)
    low, high = panel.ax.get_ylim()
    panel.ax.set_ylim(min(low, lower.min()), max(high, upper.max()))
    label_axis(panel.ax, "y", panel.kind, percent=panel.metric == "accuracy")


def main() -> None:
    parser = study_parser(__doc__, "figure4.svg; .pdf and .png are written beside it")
    parser.add_argument("--axes", choices=["linear", "logit"], help="default: as the study says")
    parser.add_argument("--intervals", type=Path, required=True, help="the study's intervals.csv")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    intervals = read_table(args.intervals, "intervals")
    use_style()
    figure, panels = transfer_panels(results, args.axes or results.study.axes)
    styles = styles_of(results)
    for panel in panels:
        draw_intervals(panel, intervals)
        draw_lines(panel, results.study.intervals)
        draw_models(panel, styles)
    methods = sorted(set(intervals["method"]) - {""})
    notes = [f"Bars: {'; '.join(methods)}."] if methods else []
    finish(figure, results, line_handles(results, panels[0]), notes=notes)
    save_figure(figure, args.output)


if __name__ == "__main__":
    run(main)
