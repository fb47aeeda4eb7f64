"""Figure 5: Figure 1 with a smoothing spline through all models instead of lines."""

import numpy as np
from matplotlib.lines import Line2D
from scipy.interpolate import make_smoothing_spline

from transfer.command_line import run, study_parser
from transfer.drawing.panels import Panel, draw_models, finish, styles_of, transfer_panels
from transfer.drawing.style import BLUE, save_figure, use_style
from transfer.results.table import load_results

# SciPy's spline needs five different positions to choose its own smoothness.
FEWEST = 5


def draw_spline(panel: Panel) -> bool:
    """Draw a cubic smoothing spline whose smoothness generalized cross-validation chooses.

    Models with the same ImageNet accuracy count by their mean. Too few models: no spline.
    """
    x, where = np.unique(panel.at[0], return_inverse=True)
    if len(x) < FEWEST:
        return False
    y = np.bincount(where, weights=panel.at[1]) / np.bincount(where)
    spline = make_smoothing_spline(x, y)
    grid = np.linspace(x[0], x[-1], 200)
    panel.ax.plot(grid, spline(grid), color=BLUE, linewidth=1.4)
    return True


def main() -> None:
    parser = study_parser(__doc__, "figure5.svg; .pdf and .png are written beside it")
    parser.add_argument("--axes", choices=["linear", "logit"], help="default: as the study says")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    use_style()
    figure, panels = transfer_panels(results, args.axes or results.study.axes)
    styles = styles_of(results)
    drawn = [draw_spline(panel) for panel in panels]
    for panel in panels:
        draw_models(panel, styles)
    handles = [Line2D([], [], color=BLUE, label="smoothing spline")] if all(drawn) else []
    missing = [] if all(drawn) else [f"No spline through fewer than {FEWEST} models."]
    finish(figure, results, list(handles), notes=missing)
    save_figure(figure, args.output)


if __name__ == "__main__":
    run(main)
