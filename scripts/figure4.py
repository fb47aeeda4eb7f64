"""Figure 4: Figure 1 with error bars on every point that its numbers allow."""

from pathlib import Path

from scipy import stats

from transfer.analysis.intervals import clopper_pearson, hanley_mcneil
from transfer.analysis.results import load_results
from transfer.command_line import run, study_parser
from transfer.figures.axes import to_axis
from transfer.figures.panels import (
    Panel,
    draw_lines,
    draw_models,
    finish,
    line_handles,
    styles_of,
    transfer_panels,
)
from transfer.figures.style import GREY, save_figure, use_style
from transfer.validation import read_table

WITHOUT = "no interval:\nneeds the predictions"


def interval(value: float, metric: str, size: dict, level: float) -> tuple[float, float] | None:
    """Interval of one value, a fraction; None where the metric needs the predictions.

    `size`: `eval_size` and, for an area under the ROC curve, `positive_fraction`.
    """
    if metric == "accuracy":
        return clopper_pearson(value, size["eval_size"], level)
    if metric == "roc_auc" and size.get("positive_fraction"):
        positive = round(size["eval_size"] * size["positive_fraction"])
        error = hanley_mcneil(value, positive, size["eval_size"] - positive)
        reach = float(stats.norm.ppf((1 + level) / 2)) * error
        return value - reach, min(value + reach, 1.0)
    return None


def draw_intervals(panel: Panel, size: dict, level: float) -> bool:
    """Draw every model's interval; say so in the panel where there is none."""
    low, high = panel.ax.get_ylim()
    for x, value in zip(panel.at[0], panel.y, strict=True):
        bounds = interval(value, panel.metric, size, level)
        if bounds is None:
            panel.ax.text(
                0.97, 0.13, WITHOUT, transform=panel.ax.transAxes, ha="right", fontsize=7, color=GREY
            )
            return False
        lower, upper = to_axis(bounds, panel.kind)
        panel.ax.vlines(x, lower, upper, color=GREY, linewidth=0.9, zorder=2)
        low, high = min(low, lower), max(high, upper)
    margin = 0.03 * (high - low)
    panel.ax.set_ylim(low - margin, high + margin)
    return True


def main() -> None:
    parser = study_parser(__doc__, "figure4.svg; .pdf and .png are written beside it")
    parser.add_argument("--axes", choices=["linear", "logit"], help="default: as the study says")
    parser.add_argument("--sizes", type=Path, required=True, help="the study's dataset sizes")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    sizes = read_table(args.sizes, "sizes").set_index("dataset").to_dict("index")
    use_style()
    figure, panels = transfer_panels(results, args.axes or results.study.axes)
    styles = styles_of(results)
    for panel in panels:
        draw_intervals(panel, sizes[panel.dataset], results.study.intervals["level"])
        draw_lines(panel, results.study.intervals)
        draw_models(panel, styles)
    finish(figure, results, line_handles(results, panels[0]))
    save_figure(figure, args.output)


if __name__ == "__main__":
    run(main)
