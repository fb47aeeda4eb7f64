"""Fréchet inception distance of each dataset to the reference, by group of datasets."""

from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.lines import Line2D

from transfer.data.dataset import Dataset
from transfer.drawing.points import Point, named, of_family
from transfer.drawing.style import BLUE, GREY, ORANGE, Drawing, add_notes
from transfer.papers.distances import group_label, groups_of, notes_of

READS = ("fid", "datasets", "printed")
# One per group, in their order; datasets in no group have the first.
MARKS = ((BLUE, "o"), (ORANGE, "s"))
PAPERS = "the paper's"


def draw_none(notes: list[str]) -> Drawing:
    """Draw a message that explains why there are no distances."""
    figure, ax = plt.subplots(figsize=(6.2, 1.6), layout="constrained")
    ax.set_axis_off()
    ax.text(0.5, 0.5, "No distance was computed", ha="center", va="center", fontsize=11)
    add_notes(figure, notes)
    return Drawing(figure, "No distance was computed.")


def named_rows(distances: pd.DataFrame, words: pd.Series, family: str) -> str:
    """The gid of a family's marks, one for each row."""
    values = zip(distances["name"], words, strict=True)
    return named([Point(name, f"distance {value}", family) for name, value in values])


def draw(fid: pd.DataFrame, datasets: dict[str, Dataset], printed: pd.DataFrame | None) -> Drawing:
    notes = notes_of(fid)
    distances = fid.dropna(subset=["fid"]).sort_values("fid")
    if distances.empty:
        return draw_none(notes)
    distances["name"] = [datasets[key].name for key in distances["dataset"]]
    distances["place"] = range(len(distances))

    figure, ax = plt.subplots(figsize=(6.2, 0.22 * len(distances) + 0.9), layout="constrained")
    digits = 0 if distances["fid"].max() >= 30 else 2
    distances["words"] = distances["fid"].map(f"{{:.{digits}f}}".format)
    handles = []
    groups = groups_of(fid) or [""]
    for group, (color, marker) in zip(groups, cycle(MARKS), strict=False):
        chosen = distances[distances["group"].fillna("") == group] if group else distances
        if chosen.empty:
            continue
        family = group_label(group) or "all"
        of: dict[str, Any] = {"color": color, "gid": of_family(family)}
        points = named_rows(chosen, chosen["words"], family)
        ax.hlines(chosen["place"], 0, chosen["fid"], alpha=0.35, linewidth=1.5, **of)
        ax.plot(chosen["fid"], chosen["place"], marker, color=color, markersize=5.5, gid=points)
        ax.axvline(chosen["fid"].mean(), linestyle=":", linewidth=1.2, **of)
        mean = f"mean {chosen['fid'].mean():.{digits}f}"
        label = f"{group_label(group)}, {mean}" if group else mean
        handles.append(Line2D([], [], marker=marker, linestyle=":", label=label, **of))
    if printed is not None:
        theirs = printed.set_index("dataset")["fid"].astype(float)
        distances["published"] = distances["dataset"].map(theirs)
        published = distances["published"].map(f"{{:.{digits}f}}".format)
        distances["words"] += " (" + published + ")"
        hollow: dict[str, Any] = {
            "color": GREY,
            "markersize": 6.5,
            "fillstyle": "none",
            "linestyle": "none",
        }
        there = distances["published"].notna()
        points = named_rows(distances[there], published[there], PAPERS)
        ax.plot(distances["published"], distances["place"], "D", gid=points, **hollow)
        label = f"{PAPERS} (in brackets)"
        handles.append(Line2D([], [], marker="D", label=label, gid=of_family(PAPERS), **hollow))
    ends = distances.filter(["fid", "published"]).max(axis=1)
    for row, end in zip(distances.itertuples(), ends, strict=True):
        ax.annotate(
            row.words,
            (end, row.place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            zorder=2.5,
        )
    ax.set_yticks(distances["place"], distances["name"])
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, ends.max() * 1.1)
    ax.set_ylim(-0.7, len(distances) - 0.3)
    ax.set_xlabel("Fréchet inception distance")
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles), frameon=False)
    add_notes(figure, notes)
    caption = (
        "Fréchet inception distance of each dataset to the reference that the figure names; dotted "
        "lines are the means of the groups."
    )
    return Drawing(figure, caption)
