"""Figures as a reader sees them: nothing printed over something else, the same bytes each time."""

import importlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from published import FOLDER, ROOT, TOP1

from transfer.data.dataset import read_datasets
from transfer.papers.paper import read_paper
from transfer.papers.published import published_fid, published_results
from transfer.papers.published_intervals import published_intervals
from transfer.study.study import read_study

CONFIG = ROOT / "config"
TRANSFER = ["figure1", "figure4", "figure5", "figure8", "figure9"]
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
    "tables": [],
    "figures": [],
}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """The command line's files for the whole study and for a small one."""
    folder = tmp_path_factory.mktemp("figures")
    small = folder / "small.yaml"
    small.write_text(yaml.safe_dump(SMALL))
    found = {"whole": CONFIG / "studies" / "published.yaml", "small": small, "folder": folder}
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


def arguments(files, figure: str, study: str, *more: str) -> list[str]:
    folder = files["folder"]
    given = ["--output", folder / study / f"{figure}.svg", "--datasets", CONFIG / "datasets.yaml"]
    if figure == "figure3":
        given += ["--fid", folder / "fid.csv"]
    else:
        given += ["--results", folder / f"{study}_results.csv", "--study", files[study]]
        given += ["--models", CONFIG / "models.tsv"]
    if figure == "figure4":
        given += ["--intervals", folder / f"{study}_intervals.csv"]
    return [str(argument) for argument in (*given, *more)]


def drawn(monkeypatch, files, figure: str, study: str = "whole", *more: str):
    """The figure that a script is about to save."""
    module = importlib.import_module(figure)
    kept = []
    monkeypatch.setattr(module, "save_figure", lambda figure, path: kept.append(figure))
    monkeypatch.setattr(sys, "argv", [figure, *arguments(files, figure, study, *more)])
    module.main()
    kept[0].canvas.draw()
    return kept[0]


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


@pytest.mark.parametrize("figure", ["figure3", *TRANSFER])
def test_no_text_is_printed_over_another(monkeypatch, files, figure):
    assert_readable(drawn(monkeypatch, files, figure))


@pytest.mark.parametrize("figure", ["figure1", "figure8"])
def test_logit_axes_are_readable_and_in_order(monkeypatch, files, figure):
    shown = drawn(monkeypatch, files, figure, "whole", "--axes", "logit")
    assert_readable(shown)
    for ax in shown.axes:
        ticks = [float(tick.get_text()) for tick in ax.get_yticklabels()]
        assert len(ticks) >= 2 and ticks == sorted(set(ticks))


@pytest.mark.parametrize("axes", ["linear", "logit"])
@pytest.mark.parametrize("figure", ["figure1", "figure4", "figure5"])
def test_four_datasets_and_no_model_above_the_threshold(monkeypatch, files, figure, axes):
    shown = drawn(monkeypatch, files, figure, "small", "--axes", axes)
    assert len(shown.axes) == 4
    assert_readable(shown)
    entries = [text.get_text() for text in shown.legends[0].get_texts()]
    assert not any("above" in entry for entry in entries)
    assert sum(entry == "all models" for entry in entries) == (figure != "figure5")


def test_every_model_is_marked_at_its_values(monkeypatch, files):
    shown = drawn(monkeypatch, files, "figure1")
    for ax in shown.axes:
        points = [
            tuple(mark.get_offsets()[0]) for mark in ax.collections if len(mark.get_offsets())
        ]
        marked = sorted(x for x, _ in points if x > 0.5)
        assert marked == pytest.approx(sorted(TOP1))


def test_a_name_with_dollar_signs_is_drawn_as_it_is(monkeypatch, files, tmp_path):
    """And not read as a formula, which ends in an error where it is none."""
    models = tmp_path / "models.tsv"
    named = (CONFIG / "models.tsv").read_text().replace("\tAlexNet\t", "\tAlex $\\net$\t")
    models.write_text(named)
    figure = drawn(monkeypatch, files, "figure1", "small", "--models", str(models))
    assert "Alex $\\net$" in [text.get_text() for text in figure.legends[0].get_texts()]
    figure.savefig(tmp_path / "figure.svg")


def test_families_differ_by_more_than_colour(monkeypatch, files):
    shown = drawn(monkeypatch, files, "figure1")
    looks = [
        (handle.get_marker(), handle.get_markerfacecolor() == "white")
        for handle in shown.legends[0].legend_handles
        if handle.get_marker() != "None"
    ]
    assert len(looks) == 19 and len(set(looks)) == 19


def test_two_processes_write_the_same_bytes(files, tmp_path):
    processes = []
    for seed in ("1", "2"):
        given = arguments(files, "figure8", "whole")
        given[1] = str(tmp_path / seed / "figure8.svg")
        processes.append(
            subprocess.Popen(
                [sys.executable, ROOT / "scripts" / "figure8.py", *given],
                env=os.environ | {"PYTHONHASHSEED": seed},
            )
        )
    assert [process.wait(300) for process in processes] == [0, 0]
    for suffix in (".svg", ".pdf", ".png"):
        first, second = (tmp_path / seed / f"figure8{suffix}" for seed in ("1", "2"))
        assert first.read_bytes() == second.read_bytes()
