"""Figure 3: how far the real-world and the web-scraped datasets lie from ImageNet."""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from transfer.command_line import run
from transfer.data.dataset import read_datasets
from transfer.drawing.style import BLUE, GREY, ORANGE, add_notes, save_figure, use_style
from transfer.papers.distances import notes_of
from transfer.papers.published import read_published
from transfer.validation import read_table

GROUPS = {
    "real_world": ("real-world", BLUE, "o"),
    "web_scraped": ("web-scraped", ORANGE, "s"),
    "digits": ("digits", BLUE, "o"),
}


def draw_none(notes: list[str], path: Path) -> None:
    """Say in the figure's place that there is no distance, and why."""
    figure, ax = plt.subplots(figsize=(6.2, 1.6), layout="constrained")
    ax.set_axis_off()
    ax.text(0.5, 0.5, "No distance was computed", ha="center", va="center", fontsize=11)
    add_notes(figure, notes)
    save_figure(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fid", type=Path, required=True, help="the study's fid.csv")
    parser.add_argument("--datasets", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument("--published", type=Path, help="the paper's Table 11, to stand beside")
    parser.add_argument(
        "--output", type=Path, required=True, help="figure3.svg; .pdf and .png beside it"
    )
    args = parser.parse_args()
    datasets = read_datasets(args.datasets)
    table = read_table(args.fid, "fid")
    notes = notes_of(table)
    use_style()
    distances = table.dropna(subset=["fid"]).sort_values("fid")
    if distances.empty:
        draw_none(notes, args.output)
        return
    distances["group"] = [datasets[key].group for key in distances["dataset"]]
    distances["name"] = [datasets[key].name for key in distances["dataset"]]
    distances["place"] = range(len(distances))

    figure, ax = plt.subplots(figsize=(6.2, 0.22 * len(distances) + 0.9), layout="constrained")
    digits = 0 if distances["fid"].max() >= 30 else 2
    distances["words"] = distances["fid"].map(f"{{:.{digits}f}}".format)
    handles = []
    for group, (label, color, marker) in GROUPS.items():
        chosen = distances[distances["group"] == group]
        if chosen.empty:
            continue
        ax.hlines(chosen["place"], 0, chosen["fid"], color=color, alpha=0.35, linewidth=1.5)
        ax.plot(chosen["fid"], chosen["place"], marker, color=color, markersize=5.5)
        ax.axvline(chosen["fid"].mean(), color=color, linestyle=":", linewidth=1.2)
        label = f"{label}, mean {chosen['fid'].mean():.{digits}f}"
        handles.append(Line2D([], [], color=color, marker=marker, linestyle=":", label=label))
    if args.published:
        printed = read_published(args.published.parent, args.published.stem)
        printed = printed.set_index("dataset")["fid"]
        distances["published"] = distances["dataset"].map(printed)
        distances["words"] += distances["published"].map(f" ({{:.{digits}f}})".format)
        hollow = {"color": GREY, "markersize": 6.5, "fillstyle": "none", "linestyle": "none"}
        ax.plot(distances["published"], distances["place"], "D", **hollow)
        handles.append(Line2D([], [], marker="D", label="the paper's (in brackets)", **hollow))
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
    save_figure(figure, args.output)


if __name__ == "__main__":
    run(main)
