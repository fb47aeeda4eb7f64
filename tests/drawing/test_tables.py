"""Tables in three formats: all digits in the CSV, the paper's digits in Markdown and LaTeX."""

import html
import io
import re

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from transfer.drawing.tables import (
    Column,
    Table,
    beside_printed,
    decimals,
    show_metric,
    show_p,
    write_table,
)

# What class folders may be called: nothing of it may act as Markdown, HTML or LaTeX.
NAMED_AT_WILL = r'x|y <b>$5^2$</b> *a* `c` \it _d_ ~ "q" &lt; [e](#f)'
FRAME = pd.DataFrame(
    {
        "model": ["vgg_16", "a&b", NAMED_AT_WILL],
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
    notes = ["Partial: 5 of 6 runs."]
    write_table(Table(FRAME, COLUMNS, "Over 70 % & more_of it.", notes), path)
    return path


def test_the_csv_has_all_digits_and_the_named_columns(written):
    table = pd.read_csv(written)
    assert list(table.columns) == ["model", "value", "p"]
    assert table["value"][0] == pytest.approx(1 / 3, rel=1e-9)
    assert table["p"].tolist() == [6.14e-05, 0.0499, 0.5] and table["value"].isna()[2]


def test_markdown_is_a_table_of_the_printed_cells_under_its_caption(written):
    text = written.with_suffix(".md").read_text(encoding="utf-8")
    assert text.startswith("Over 70 % & more_of it. Partial: 5 of 6 runs.\n\n|")
    page = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in page.split("<tr>")[1:]]
    assert rows[0] == ["Model", "ρ, 100 % R²", "p_value"]
    assert rows[1] == ["vgg_16", "0.33", "6.1e-05"]
    assert rows[2] == ["a&amp;b", "0.12", "0.050"]
    assert rows[3] == [html.escape(NAMED_AT_WILL), "–", "0.500"]


def test_a_heading_and_a_note_show_what_they_say(tmp_path):
    columns = [Column("model", "Model"), Column("value", NAMED_AT_WILL)]
    path = tmp_path / "table01.csv"
    write_table(Table(FRAME, columns, "Values.", [f"{NAMED_AT_WILL}: a note."]), path)
    text = path.with_suffix(".md").read_text(encoding="utf-8")
    page = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    shown = html.escape(NAMED_AT_WILL)
    assert f"<p>Values. {shown}: a note.</p>" in page
    assert re.search(r"<th[^>]*>(.*?)</th>\s*</tr>", page)[1] == shown


PRINTED = "dataset,slope,p\ncct20,0.890,0.0000\naptos,0.02,0.047\n"


def test_printed_numbers_stand_beside_the_recomputed_ones(tmp_path):
    printed = pd.read_csv(io.StringIO(PRINTED), dtype=str)
    computed = pd.DataFrame(
        {
            "dataset": ["aptos", "cct20", "own"],
            "slope": [float("nan"), 0.8898, 0.25],
            "p": [0.05998, 3e-06, 0.5],
            "models": [14, 14, 14],
        }
    )
    columns = [
        Column("dataset", "Dataset"),
        Column("slope", "Slope", decimals(2)),
        Column("p", "p", show_p),
        Column("models", "Models"),
    ]
    table, shown, notes = beside_printed(computed, columns, printed)
    write_table(Table(table, shown, "Fits.", notes), tmp_path / "made.csv")
    lines = (tmp_path / "made.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "Fits. In brackets what the paper prints."
    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[4:]] == [
        ["aptos", "– (0.02)", "0.060 (0.047)", "14"],
        ["cct20", "0.890 (0.890)", "0.0000 (0.0000)", "14"],
        ["own", "0.25", "0.500", "14"],
    ]
    made = pd.read_csv(tmp_path / "made.csv", dtype=str)
    assert list(made.columns) == ["dataset", "slope", "p", "models", "printed_slope", "printed_p"]
    assert made["printed_slope"].tolist()[:2] == ["0.02", "0.890"]
    assert beside_printed(computed, columns, None) == (computed, columns, [])


def test_latex_holds_no_character_that_latex_reads_otherwise_or_cannot_set(written):
    text = written.with_suffix(".tex").read_text(encoding="utf-8")
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert [len(re.findall(r"(?<!\\)&", row)) for row in rows] == [2] * 4
    named = r"x$|$y $<$b$>$\$5\textasciicircum{}2\$$<$/b$>$ *a* `c` \textbackslash{}it \_d\_ "
    named += r'\textasciitilde{} "q" \&lt; [e](\#f)'
    assert named in body
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
