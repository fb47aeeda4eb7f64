"""Figure 9: model size against transfer, with Spearman's rho of each panel."""

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from scipy import stats

from transfer.command_line import run, study_parser
from transfer.drawing.panels import Panel, annotate, finish, styles_of, transfer_panels
from transfer.drawing.style import ModelStyle, draw_model, save_figure, use_style
from transfer.results.table import load_results


def draw_sizes(panel: Panel, millions: np.ndarray, styles: dict[str, ModelStyle]) -> None:
    """Replace the panel's horizontal axis by parameters, logarithmic, and mark every model."""
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
        draw_model(panel.ax, across, up, styles[model])
    rho = stats.spearmanr(millions, panel.y)
    annotate(panel, f"ρ {rho.statistic:.2f}, p {rho.pvalue:.2g}")


def main() -> None:
    args = study_parser(__doc__, "figure9.svg; .pdf and .png are written beside it").parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    use_style()
    figure, panels = transfer_panels(results, "linear")
    styles = styles_of(results)
    parameters = results.models.loc[list(results.study.parts["main"].models), "parameters"]
    for panel in panels:
        draw_sizes(panel, parameters.to_numpy() / 1e6, styles)
    finish(figure, results, [], notes=["ρ is Spearman's. Parameters as the library counts them."])
    save_figure(figure, args.output)


if __name__ == "__main__":
    run(main)
