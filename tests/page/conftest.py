"""Pages of a few figures and tables, in seconds."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
from published import ACCURACIES, FOLDER, ROOT
from views import made_table

STUDY = ROOT / "config" / "studies" / "published" / "fang2023.yaml"


@pytest.fixture(scope="session")
def run_script() -> Callable[..., None]:
    """Runs a script of scripts/ in this process, with its arguments."""

    def run(name: str, *arguments) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", [name, *map(str, arguments)])
            importlib.import_module(name).main()

    return run


@pytest.fixture(scope="session")
def paper_page(tmp_path_factory, run_script) -> Path:
    """The page of the published numbers with two figures, three tables and a verdict."""
    folder = tmp_path_factory.mktemp("paper")
    read = [folder / name for name in ("results.csv", "intervals.csv", "fid.csv")]
    flags = zip(("--results", "--intervals", "--fid"), read, strict=True)
    written = [word for pair in flags for word in pair]
    paper = ["--published", FOLDER]
    run_script("published_results", *paper, "--study", STUDY, *written)
    given = ["--results", read[0], "--study", STUDY, *ACCURACIES]
    tables = {"table02": "correlation", "table03": "values"}
    for number, view in tables.items():
        made_table(view, folder / "tables" / f"{number}.csv", *given)
    options = {"figure1": "{stars: clip}", "figure4": "{intervals: true}"}
    for number, chosen in options.items():
        drawn = ["--options", chosen, "--output", folder / "figures" / f"{number}.svg"]
        run_script("draw_figure", "against_imagenet", *given, "--intervals", read[1], *drawn)
    table = folder / "tables" / "table02.csv"
    fid = ["--fid", read[2]]
    verdict = folder / "verdict.csv"
    run_script("verdict", *given, *paper, *fid, "--tables", table, "--output", verdict)
    shown = ["--tables", *(folder / "tables" / f"{number}.csv" for number in tables)]
    shown += ["--figures", *(folder / "figures" / f"{number}.svg" for number in options)]
    words = ["--words", FOLDER / "page.md"]
    for name in ("paper.html", "again.html"):
        output = ["--output", folder / name]
        run_script("paper", *given, *paper, "--verdict", verdict, *shown, *words, *output)
    return folder / "paper.html"
