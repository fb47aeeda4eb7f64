"""Figures: no overlapping text, reproducible files."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from matplotlib.backends.backend_agg import FigureCanvasAgg
from published import ACCURACIES, FOLDER, ROOT, TOP1
from views import drawn as drawn_view

from transfer.data.dataset import read_datasets
from transfer.papers.paper import read_paper
from transfer.papers.published import published_fid, published_results
from transfer.papers.published_intervals import published_intervals
from transfer.study.study import read_study

CONFIG = ROOT / "config"
STUDY = CONFIG / "studies" / "published" / "fang2023.yaml"
# Beside Figure 1, what the published study makes of it.
LINES, SPLINE, BARS, STARS = {}, {"through": "spline"}, {"intervals": True}, {"stars": "clip"}
SMALL = {
    "title": "Four datasets, and no model above the threshold",
    "source": "published",
    "parts": {
        "main": {
            "datasets": ["cct20", "aptos", "melanoma", "eurosat"],
            "models": ["alexnet", "squeezenet1_1", "mobilenet_v3_small"],
            "recipe": "finetune",
        }
    },
    "imagenet_top1": "published",
    "threshold": 70,
    "intervals": {"samples": 100, "seed": 1, "level": 0.95},
    "tables": {},
    "figures": {},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """The command line's files for the whole study and for a small one."""
    folder = tmp_path_factory.mktemp("figures")
    small = folder / "small.yaml"
    small.write_text(yaml.safe_dump(SMALL))
    found = {"whole": STUDY, "small": small, "folder": folder}
    for name in ("whole", "small"):
        study = read_study(found[name])
        results = published_results(
            read_paper(FOLDER), study, read_datasets(CONFIG / "datasets.yaml")
        )
        results.to_csv(folder / f"{name}_results.csv", index=False)
        intervals = published_intervals(read_paper(FOLDER), results, 0.95)
        intervals.to_csv(folder / f"{name}_intervals.csv", index=False)
    published_fid(read_paper(FOLDER)).to_csv(folder / "fid.csv", index=False)
    return found


def given(files, study: str) -> list:
    """What a view of this study reads."""
    folder = files["folder"]
    flags = ["--results", folder / f"{study}_results.csv", "--study", files[study]]
    flags += ["--intervals", folder / f"{study}_intervals.csv", "--fid", folder / "fid.csv"]
    return [
        *flags,
        "--datasets",
        CONFIG / "datasets.yaml",
        "--models",
        CONFIG / "models.tsv",
        *ACCURACIES,
    ]


def drawn(files, view: str = "against_imagenet", study: str = "whole", *more, **options):
    """A figure as it is about to be saved."""
    figure = drawn_view(view, *given(files, study), *more, **options)
    # A closed figure has no canvas that lays it out.
    FigureCanvasAgg(figure).draw()
    return figure


def visible_texts(figure):
    """Every text that is printed, with its box in pixels; ticks outside the limits are not."""
    found = []
    for ax in figure.axes:
        titles = [ax.title, ax._left_title, ax._right_title, ax.xaxis.label, ax.yaxis.label]
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            titles += [tick.label1 for tick in ticks]
        # Numbers on stars lie on the points, which may meet.
        titles += [text for text in ax.texts if not text.get_text().isdigit() or len(ax.texts) > 15]
        found += titles
        if ax.get_legend():
            found += ax.get_legend().get_texts()
    for legend in figure.legends:
        found += [*legend.get_texts(), legend.get_title()]
    if figure._supxlabel:
        found.append(figure._supxlabel)
    return [(t.get_text(), t.get_window_extent()) for t in found if t.get_text().strip()]


def assert_readable(figure):
    texts = visible_texts(figure)
    assert len(texts) > 20
    for text, box in texts:
        inside = box.x0 >= -1 and box.y0 >= -1
        inside &= box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
        assert inside, f"'{text}' leaves the figure"
    for (one, a), (other, b) in itertools.combinations(texts, 2):
        apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0
        assert apart, f"'{one}' is printed over '{other}'"


@pytest.mark.parametrize("view", ["distances", "sizes"])
def test_no_text_is_printed_over_another(files, view):
    assert_readable(drawn(files, view))


@pytest.mark.parametrize("options", [LINES, SPLINE, BARS, STARS, STARS | BARS])
def test_no_text_of_a_figure_of_transfer_is_printed_over_another(files, options):
    assert_readable(drawn(files, **options))


@pytest.mark.parametrize("options", [LINES, STARS])
def test_logit_axes_are_readable_and_in_order(files, options):
    shown = drawn(files, axes="logit", **options)
    assert_readable(shown)
    for ax in shown.axes:
        ticks = [float(tick.get_text()) for tick in ax.get_yticklabels()]
        assert len(ticks) >= 2 and ticks == sorted(set(ticks))


@pytest.mark.parametrize("axes", ["linear", "logit"])
@pytest.mark.parametrize("options", [LINES, BARS, SPLINE])
def test_four_datasets_and_no_model_above_the_threshold(files, options, axes):
    shown = drawn(files, "against_imagenet", "small", axes=axes, **options)
    assert len(shown.axes) == 4
    assert_readable(shown)
    entries = [text.get_text() for text in shown.legends[0].get_texts()]
    assert not any("above" in entry for entry in entries)
    assert sum(entry == "all models" for entry in entries) == (options is not SPLINE)


def test_every_model_is_marked_at_its_values(files):
    shown = drawn(files)
    for ax in shown.axes:
        points = [
            tuple(mark.get_offsets()[0]) for mark in ax.collections if len(mark.get_offsets())
        ]
        marked = sorted(x for x, _ in points if x > 0.5)
        assert marked == pytest.approx(sorted(TOP1))


def test_a_model_without_a_value_is_left_out_of_every_figure(files, tmp_path):
    """As in a study of which some runs are still to come, CLIP's among them."""
    results = pd.read_csv(files["folder"] / "whole_results.csv")
    gone = results["model"].isin(["alexnet", "clip_rn50"]) & (results["dataset"] == "aptos")
    results.assign(value=results["value"].mask(gone)).to_csv(tmp_path / "results.csv", index=False)
    partial = ("--results", tmp_path / "results.csv")
    for view, options in (("against_imagenet", STARS), ("sizes", {})):
        shown = drawn(files, view, "whole", *partial, **options)
        assert_readable(shown)
        count = [sum(len(mark.get_offsets()) == 1 for mark in ax.collections) for ax in shown.axes]
        assert count[1] == count[0] - (2 if options else 1)


def test_a_name_with_dollar_signs_is_drawn_as_it_is(files, tmp_path):
    """And not read as a formula, which ends in an error where it is none."""
    models = tmp_path / "models.tsv"
    named = (CONFIG / "models.tsv").read_text().replace("\tAlexNet\t", "\tAlex $\\net$\t")
    models.write_text(named)
    figure = drawn(files, "against_imagenet", "small", "--models", models)
    assert "Alex $\\net$" in [text.get_text() for text in figure.legends[0].get_texts()]
    figure.savefig(tmp_path / "figure.svg")


def test_families_differ_by_more_than_colour(files):
    shown = drawn(files)
    looks = [
        (handle.get_marker(), handle.get_markerfacecolor() == "white")
        for handle in shown.legends[0].legend_handles
        if handle.get_marker() != "None"
    ]
    assert len(looks) == 19 and len(set(looks)) == 19


def test_two_processes_write_the_same_bytes(files, tmp_path):
    processes = []
    for seed in ("1", "2"):
        words = ["against_imagenet", *given(files, "whole"), "--options", "{stars: clip}"]
        words += ["--output", tmp_path / seed / "figure8.svg"]
        processes.append(
            subprocess.Popen(
                [sys.executable, ROOT / "scripts" / "draw_figure.py", *map(str, words)],
                env=os.environ | {"PYTHONHASHSEED": seed},
            )
        )
    assert [process.wait(300) for process in processes] == [0, 0]
    for suffix in (".svg", ".pdf", ".png", ".md"):
        first, second = (tmp_path / seed / f"figure8{suffix}" for seed in ("1", "2"))
        assert first.read_bytes() == second.read_bytes()
