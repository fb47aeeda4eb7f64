"""Each dataset's metric against ImageNet top-1, one panel per dataset, with fitted lines.

One line is fitted to all models of a part and one to those above the study's threshold;
`through: spline` draws one smoothing spline instead.
"""

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from transfer.drawing.marks import (
    FEWEST_OF_A_SPLINE,
    SPLINE,
    draw_intervals,
    draw_spline,
    draw_stars,
    star_handles,
)
from transfer.drawing.panels import (
    draw_lines,
    draw_models,
    finish,
    line_handles,
    lines_words,
    styles_of,
    transfer_panels,
)
from transfer.drawing.points import of_family
from transfer.drawing.style import BLUE, Drawing
from transfer.results.table import StudyResults, part_notes

READS = ("results",)
OPTIONS = {
    "part": {"type": "string", "format": "part", "default": "main"},
    # Scale of both axes; by default that of the study.
    "axes": {"enum": ["linear", "logit", None], "default": None},
    "through": {"enum": ["lines", "spline"], "default": "lines"},
    # Error bars, where they are known.
    "intervals": {"type": "boolean", "reads": "intervals", "default": False},
    # The correlation over all models with its interval, instead of that of the better models.
    "r_interval": {"type": "boolean", "default": False},
    # Another part, marked by stars and not included in the fits.
    "stars": {"type": ["string", "null"], "format": "part", "default": None},
}


def draw(
    results: StudyResults,
    *,
    part: str,
    axes: str | None,
    through: str,
    intervals: pd.DataFrame | None,
    r_interval: bool,
    stars: str | None,
) -> Drawing:
    figure, panels = transfer_panels(results, axes or results.study.axes, part)
    styles = styles_of(results, part)
    notes: list[str] = []
    handles: list[Artist] = [] if stars is None else star_handles(results, stars)
    if intervals is not None:
        shown = results.study.parts[part]
        own = (intervals["recipe"] == shown.recipe) & intervals["dataset"].isin(shown.datasets)
        intervals = intervals[own]
        for panel in panels:
            draw_intervals(panel, intervals, styles)
        methods = sorted(set(intervals["method"].dropna()) - {""})
        notes += [f"Bars: {'; '.join(methods)}."] if methods else []
    if through == "spline":
        drawn = [draw_spline(panel) for panel in panels]
        if all(drawn):
            handles.append(Line2D([], [], color=BLUE, label=SPLINE, gid=of_family(SPLINE)))
        else:
            notes.append(f"No spline through fewer than {FEWEST_OF_A_SPLINE} models.")
    else:
        for panel in panels:
            draw_lines(panel, results.study.intervals, r_interval)
        handles += line_handles(results, panels[0])
    for panel in panels:
        draw_models(panel, styles, intervals)
        if stars is not None:
            draw_stars(panel, results, stars)
    finish(figure, results, handles, notes, part)
    return Drawing(figure, caption(results, part, through, stars, r_interval))


def caption(
    results: StudyResults, part: str, through: str, stars: str | None, r_interval: bool
) -> str:
    predictor = results.predictor
    spline = (
        "The line is a cubic smoothing spline through all models, its smoothness chosen by "
        "generalised cross-validation."
    )
    words = [
        f"Each dataset's metric against {predictor.accuracy}, {predictor.stated}.",
        spline if through == "spline" else lines_words(results, part, r_interval),
    ]
    if stars is not None:
        words.append(f"Stars are the models of part {stars}, which the lines leave out.")
    return " ".join([*words, *part_notes(results, part, published="")])
