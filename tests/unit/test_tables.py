"""One table, three files: all digits in the CSV, the paper's digits in Markdown and LaTeX."""

import re

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from transfer.tables import Column, decimals, show_metric, show_p, write_table

FRAME = pd.DataFrame(
    {
        "model": ["vgg_16", "a&b", "x|y"],
        "value": [1 / 3, 0.125, float("nan")],
        "p": [6.14e-05, 0.0499, 0.5],
        "unused": [1, 2, 3],
    }
)
COLUMNS = [
    Column("model", "Model"),
    Column("value", "ρ, 100 % R²", decimals(2)),
    Column("p", "p_value", show_p),
]


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "table01.csv"
    write_table(FRAME, COLUMNS, path, "Over 70 % & more_of it.", ["Partial: 5 of 6 runs."])
    return path


def test_the_csv_has_all_digits_and_the_named_columns(written):
    table = pd.read_csv(written)
    assert list(table.columns) == ["model", "value", "p"]
    assert table["value"][0] == pytest.approx(1 / 3, rel=1e-9)
    assert table["p"].tolist() == [6.14e-05, 0.0499, 0.5] and table["value"].isna()[2]


def test_markdown_is_a_table_of_the_printed_cells_under_its_caption(written):
    text = written.with_suffix(".md").read_text(encoding="utf-8")
    assert text.startswith("Over 70 % & more_of it. Partial: 5 of 6 runs.\n\n|")
    html = MarkdownIt("commonmark").enable("table").render(text)
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in html.split("<tr>")[1:]]
    assert rows[0] == ["Model", "ρ, 100 % R²", "p_value"]
    assert rows[1] == ["vgg_16", "0.33", "6.1e-05"]
    assert rows[2] == ["a&amp;b", "0.12", "0.050"]
    assert [len(row) for row in rows] == [3, 3, 3, 3]


def test_latex_holds_no_character_that_latex_reads_otherwise_or_cannot_set(written):
    text = written.with_suffix(".tex").read_text(encoding="utf-8")
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert [len(re.findall(r"(?<!\\)&", row)) for row in rows] == [2] * 4
    assert r"vgg\_16" in body and r"a\&b" in body and r"$\rho$, 100 \% R$^2$" in body
    caption = re.search(r"\\caption\{(.*)\}", text).group(1)
    assert caption == r"Over 70 \% \& more\_of it. Partial: 5 of 6 runs."
    assert text.count("{") == text.count("}") and text.count(r"\begin") == text.count(r"\end")
    # pdflatex sets Latin letters with accents, and no Greek letter, tick or superscript.
    assert max(text) <= "\u024f"
    assert r"\usepackage{booktabs}" in text


@pytest.mark.parametrize(
    ("show", "value", "printed"),
    [
        (show_metric("accuracy"), 0.7349, "73.49"),
        (show_metric("macro_f1"), 0.69541, "0.6954"),
        (show_metric("accuracy"), float("nan"), "–"),
        (show_p, 0.001, "0.001"),
        (show_p, 0.00099, "9.9e-04"),
    ],
)
def test_cells_are_printed_as_the_paper_prints_them(show, value, printed):
    assert show(value) == printed
