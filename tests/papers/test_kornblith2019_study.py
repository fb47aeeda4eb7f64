"""The study of Kornblith et al. 2019, from its CSVs through its own tables to the verdict."""

import shutil
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from views import made_table

from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.papers.comparison import compare_study
from transfer.papers.paper import read_paper
from transfer.papers.published import published_fid, published_results, read_printed
from transfer.papers.totals import TOTALS, altered, check_totals
from transfer.results.table import StudyResults, load_results
from transfer.study.study import read_study
from transfer.validation import check_rows, load_schema

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "resources" / "published" / "kornblith2019"
STUDY = ROOT / "config" / "studies" / "published" / "kornblith2019.yaml"
DATASETS = ROOT / "config" / "datasets.yaml"
MODELS = [ROOT / "config" / "models.tsv", FOLDER / "networks.csv"]
TABLES = [path.stem for path in sorted(FOLDER.glob("*.csv"))]
PAPER, SHOWN = read_paper(FOLDER), read_study(STUDY)


@pytest.fixture(scope="module")
def results_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("kornblith2019") / "results.csv"
    published_results(PAPER, SHOWN, read_datasets(DATASETS)).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def results(results_file) -> StudyResults:
    return load_results(results_file, STUDY, MODELS, DATASETS, PAPER.top1_tables)


@pytest.fixture(scope="module")
def table(results_file, tmp_path_factory):
    """A table of the study by number, as its runner makes it, indexed by its first column."""
    folder = tmp_path_factory.mktemp("tables")

    def make(number: str) -> pd.DataFrame:
        shown = SHOWN.tables[number]
        given = ["--study", STUDY, "--results", results_file, "--datasets", DATASETS]
        given += ["--models", *MODELS, "--top1", *PAPER.top1_tables]
        given += ["--sizes", FOLDER / "table01.csv"]
        if shown.printed:
            given += ["--printed", FOLDER / f"{shown.printed}.csv"]
        made_table(shown.view, folder / f"{number}.csv", *given, **shown.options)
        frame = pd.read_csv(folder / f"{number}.csv")
        return frame.set_index(frame.columns[0])

    return make


def test_correlations_are_the_printed_ones(table):
    found = table("table_correlations")
    assert [f"{r:.2f}" for r in found["r"]] == ["0.99", "0.96", "0.55", "0.29", "0.86"]
    assert found["datasets"].tolist() == [12, 12, 12, 7, 5]
    assert [f"{rho:.3f}" for rho in found["rho"][:3]] == ["0.985", "0.968", "0.559"]
    assert (found["bootstrap_lower"] < found["r"]).all()
    assert (found["r"] < found["bootstrap_upper"]).all()


def test_ties_are_those_of_the_paper(table):
    found = table("table_ties")
    tied = {part: set(found.index[found[f"{part}_tied"] == 1]) for part in SHOWN.parts}
    assert tied == {
        "logistic_regression": {"inception_resnet_v2", "nasnet_large"},
        "main": {"inception_v4"},
        "random_initialization": {"inception_v3", "inception_v4"},
    }


def test_marks_of_single_datasets_are_confirmed_or_open(table):
    total = table("table_marked_ties").loc["all"]
    assert total[["compared", "confirmed", "contradicted", "open"]].tolist() == [540, 258, 0, 282]
    by_dataset = table("table_marked_ties").drop(index="all")
    bounded = by_dataset["open"] < 45
    assert bounded.sum() == 7 and by_dataset.loc[bounded, "confirmed"].sum() == 258


def test_pairs_and_their_tests(table):
    found = table("table_signed_ranks")
    assert found.loc["all", ["pairs", "features_above", "random_above"]].tolist() == [192, 178, 189]
    p = found["features_p"].drop("all")
    assert f"{p.pop('caltech101'):.2f}" == "0.71"
    assert len(p) == 11 and p.max() <= 0.0005


def test_convergence_of_fine_tuning_to_the_digit(table):
    found = table("table_convergence")
    summary = found.loc[["geometric_mean", "lower_quartile", "upper_quartile"]]
    assert summary["fine_tuned_steps"].round().tolist() == [1151, 267, 4882]
    assert summary["fine_tuned_epochs"].round().tolist() == [26, 12, 58]
    inside = (found["fine_tuned_earliest"] <= found["fine_tuned_steps"]) & (
        found["fine_tuned_steps"] <= found["fine_tuned_latest"]
    )
    assert inside.all()
    # The printed 19,531 steps are among what the readings leave open.
    random = found.loc["geometric_mean"]
    assert random["random_initialization_earliest"] < 19531 < random["random_initialization_latest"]


def test_drawn_error_bars_are_not_those_of_the_printed_factor(table):
    found = table("table_error_bars")
    assert found.index[found["nearest"] == 1].tolist() == ["morey_n"]
    assert found.loc["printed", "ratio"] == pytest.approx(0.914, abs=0.005)
    # Further off than the spread of single bars explains.
    error = found["spread"] / found["bars"] ** 0.5
    assert (1 - found.loc["printed_n", "ratio"]) > 5 * error["printed_n"]


def test_every_table_says_what_it_rests_on(results_file, tmp_path):
    given = ["--study", STUDY, "--results", results_file, "--datasets", DATASETS]
    given += ["--models", *MODELS, "--top1", *PAPER.top1_tables, "--sizes", FOLDER / "table01.csv"]
    for number, shown in SHOWN.tables.items():
        printed = ["--printed", FOLDER / f"{shown.printed}.csv"] if shown.printed else []
        made = made_table(shown.view, tmp_path / f"{number}.csv", *given, *printed, **shown.options)
        words = " ".join(made.notes)
        assert "read off" in words or number in ("table01", "table_undecided")
        assert "printed" not in words or number in ("table01", "table_undecided")


def test_the_verdict_has_three_states_and_says_why(results):
    findings, notes = compare_study(results, PAPER, {}, published_fid(PAPER))
    assert len(findings) == 60 and not notes
    verdict = pd.DataFrame(findings).set_index("row")
    assert verdict["state"].value_counts().to_dict() == {
        "agrees": 47,
        "within_reading": 8,
        "differs": 5,
    }
    assert verdict.loc["fine_tuned_better_count", ["recomputed", "state"]].tolist() == [
        178,
        "within_reading",
    ]
    assert verdict.loc["state_of_the_art_count", "recomputed"] == 7
    assert verdict.loc["pets_eval_size", ["published", "recomputed", "rests_on"]].tolist() == [
        *("3369", 3669, "printed"),
    ]
    assert (verdict["agrees"] == (verdict["state"] != "differs")).all()
    assert ((verdict["note"] == "") == (verdict["state"] == "agrees")).all()


def test_what_cannot_be_decided_is_named_with_its_reason():
    undecided = read_printed(FOLDER, "undecided").set_index("id")
    assert "features" in undecided.loc["tsne_clusters", "reason"]
    assert (undecided["reason"] != "").all() and len(undecided) == 16
    words = (FOLDER / "page.md").read_text(encoding="utf-8")
    assert "[figure4] is not here:" in words and "The appendix was not at hand" in words


def numbers(name: str) -> tuple[pd.DataFrame, dict, list[tuple[int, str]]]:
    """A table, its schema, and row and column of every cell that holds a number."""
    table, schema = read_printed(FOLDER, name), load_schema(name, FOLDER)
    columns = [
        column
        for column, rule in schema["properties"].items()
        if rule.get("type") in ("number", "integer")
    ]
    cells = [(row, column) for column in columns for row in table.index[table[column] != ""]]
    return table, schema, cells


@pytest.mark.parametrize("name", [name for name in TABLES if name != TOTALS])
def test_an_altered_number_is_named_by_file_line_and_column(name):
    table, schema, cells = numbers(name)
    path = FOLDER / f"{name}.csv"
    stated = read_printed(FOLDER, TOTALS)
    rows = stated[stated["table"] == name]
    expected = {(row.rows, row.column): Decimal(row.total) for row in rows.itertuples()}
    assert not altered(path, table, schema, expected)
    keys = schema["uniqueKey"]
    for row, column in cells:
        cell = table.loc[row, column]
        step = Decimal(1).scaleb(Decimal(cell).as_tuple().exponent)
        table.loc[row, column] = str(Decimal(cell) + step)
        said = altered(path, table, schema, expected)
        table.loc[row, column] = cell
        # An altered key makes another row of it: the sums of both are off.
        place = (
            f"{path}: line {row + 2}: {column}: " if column not in keys else f"{path}: {column}="
        )
        assert len(said) == 1 and said[0].startswith(place), (row, column, said)


@pytest.mark.parametrize("name", TABLES)
def test_a_removed_number_is_named_by_file_line_and_column(name):
    table, schema, cells = numbers(name)
    records = table.to_dict("records")
    for row, column in cells:
        # The first line below the header is line 2.
        with pytest.raises(UserError, match=rf"{name}\.csv: line 2: (missing '{column}')"):
            check_rows([{**records[row], column: ""}], schema, FOLDER / f"{name}.csv")


def test_the_checks_of_a_folder_are_these(tmp_path):
    folder = Path(shutil.copytree(FOLDER, tmp_path / "kornblith2019"))
    check_totals(folder)
    path = folder / "figure2.csv"
    text = path.read_text()
    old = "fine_tuned,aircraft,inception_v4,88.98"
    assert old in text
    path.write_text(text.replace(old, old.replace("88.98", "88.99")))
    with pytest.raises(UserError, match=r"figure2\.csv: line \d+: accuracy: 88\.99 was altered"):
        check_totals(folder)
    path.write_text(text.replace(f"{old},0.2", f"{old.removesuffix('88.98')},0.2"))
    with pytest.raises(UserError, match=r"figure2\.csv: line \d+: missing 'accuracy'"):
        check_totals(folder)
