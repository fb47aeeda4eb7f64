"""The study of the published numbers, run by a real snakemake in a copy of the checkout."""

import csv
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from checkout import copy_checkout, run_snakemake
from checkout import made as created

RESULTS = Path("results", "published", "fang2023")
pytestmark = pytest.mark.long
NUMBERED = {
    "table": [f"table{number:02d}" for number in range(1, 15)],
    "figure": [f"figure{number}" for number in (1, 3, 4, 5, 8, 9)],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A copy of the checkout with an odd name, in which `published` was made from nothing."""
    folder = copy_checkout(tmp_path_factory.mktemp("published") / "Anna's $chéckout")
    done = run_snakemake(folder, "published", PYTHONHASHSEED="1")
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def untouched(made, tmp_path_factory) -> Path:
    """The files of that copy again, without what was made."""
    folder = tmp_path_factory.mktemp("refused") / "a chéckout"
    made_there = ("results", ".snakemake")

    def hidden(parent: str, names: list[str]) -> set[str]:
        return set(made_there if Path(parent) == made else ()) | ({"__pycache__"} & set(names))

    shutil.copytree(made, folder, symlinks=True, ignore=hidden)
    return folder


def asked(folder: Path, *targets: str) -> dict[str, int]:
    """How many jobs of each rule a dry run asks for."""
    done = run_snakemake(folder, "--dry-run", *targets)
    assert done.returncode == 0, done.stdout
    if "Nothing to be done" in done.stdout:
        return {}
    jobs = {
        rule: int(count)
        for rule, count in re.findall(r"^(\w+)\s+(\d+)$", done.stdout, re.MULTILINE)
        if rule not in ("total", "published")
    }
    assert jobs, done.stdout
    return jobs


@contextmanager
def edited(folder: Path, name: str, old: str, new: str) -> Iterator[None]:
    """Replace text in a file of the copy, and put file and time back at the end."""
    path = folder / name
    before = path.stat()
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_everything_is_there(made):
    results = made / RESULTS
    for table in NUMBERED["table"]:
        for suffix in ("csv", "md", "tex"):
            assert (results / "tables" / f"{table}.{suffix}").stat().st_size > 0
    for figure in NUMBERED["figure"]:
        assert (results / "figures" / f"{figure}.svg").read_text().startswith("<?xml")
        assert (results / "figures" / f"{figure}.pdf").read_bytes().startswith(b"%PDF")
        assert (results / "figures" / f"{figure}.png").read_bytes().startswith(b"\x89PNG")
    header = (results / "verdict.csv").read_text().splitlines()[0]
    contract = "table,row,column,published,recomputed,difference,tolerance,agrees"
    assert header == f"{contract},state,rests_on,note"
    assert not list(results.rglob(".*"))


def test_the_page_needs_no_other_file(made):
    page = (made / RESULTS / "paper.html").read_text(encoding="utf-8")
    wanted = re.findall(r"""(?:src|href)=["']([^"']*)""", page)
    # All else is code and data, which nobody needs to read the page.
    beside = {link for link in wanted if not link.startswith("#")}
    known = r"[./]+/scripts/(figures|tables)/\w+\.py|tables/\w+\.csv|verdict\.csv"
    assert all(re.fullmatch(known, link) for link in beside)
    assert all((made / RESULTS / link).exists() for link in beside)
    assert set(re.findall(r"url\((.)", page)) == {"#"} and page.count("<script>") == 1
    anchors = {link[1:] for link in wanted if link.startswith("#")}
    assert anchors <= set(re.findall(r'id="([^"]+)"', page))
    assert page.count("<svg") == len(NUMBERED["figure"])
    named = re.findall(r'<svg[^>]* role="img" aria-labelledby="(figure\d)-name"', page)
    assert named == NUMBERED["figure"]


def test_the_page_says_where_its_numbers_are_from(made):
    page = (made / RESULTS / "paper.html").read_text(encoding="utf-8")
    tables = dict(
        re.findall(r'<div class="table" id="(table\d+)">.*?<caption>(.*?)</caption>', page, re.S)
    )
    for name in ("table02", "table12", "table13"):
        assert "Computed from the values printed in Table 3. In brackets" in tables[name]
        assert "as printed" not in tables[name].lower()
    for name in ("table03", "table08", "table09"):
        assert "Values as printed in the paper." in tables[name]
    assert "our copy" not in page.lower()


def test_figures_stand_in_the_order_of_the_paper_and_the_absent_ones_are_explained(made):
    page = (made / RESULTS / "paper.html").read_text(encoding="utf-8")
    assert re.findall(r'id="figure(\d)"', page) == list("123456789")
    assert page.index("rarely a better model") < page.index('id="figure1"') < page.index("<h2")
    absent = re.findall(r'id="figure(\d)"><b>Figure \d</b> is not here: (.*?)</p>', page)
    assert [number for number, _ in absent] == ["2", "6", "7"]
    assert "images" in absent[0][1]
    assert all("prints no" in why for _, why in absent[1:])


def test_statements_that_differ_are_open_and_the_others_folded(made):
    page = (made / RESULTS / "paper.html").read_text(encoding="utf-8")
    folded = "".join(re.findall(r"<details>.*?</details>", page, re.S))
    with (made / RESULTS / "verdict.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table"].startswith("section")]
    statements = [row["agrees"] == "True" for row in rows]
    assert folded.count('<li class="agrees">') == page.count('<li class="agrees">')
    assert page.count('<li class="agrees">') == sum(statements) > 60
    assert folded.count('<li class="differs">') == 0
    assert page.count('<li class="differs">') == len(statements) - sum(statements) > 5
    # As printed, zeros at the end included.
    assert "<b>0.890</b>" in folded
    assert "<td>0.0000</td><td>0.0001</td>" in page
    assert page.index('aria-label="What differs"') < page.index('aria-label="What agrees"')


def test_a_paper_of_figures_says_what_was_read_and_lists_that_apart(made):
    folder = made / "results" / "published" / "kornblith2019"
    page = (folder / "paper.html").read_text(encoding="utf-8")
    assert "5 that differ" in page and "8 that agree only within the error of the reading" in page
    folded = "".join(re.findall(r"<details>.*?</details>", page, re.S))
    for open_ in ("Classes of CIFAR-100 (Table 1)", "a misprint", "Steps from random"):
        assert open_ in page and open_ not in folded
    assert re.search(r'id="figure4"><b>Figure 4</b> is not here: .*not published', page)
    shown = [*(f"figure{n}" for n in (1, 2, 3, 5, 6, 7, 8, 9)), "figure2a", "figure2b", "figure2c"]
    for number in shown:
        caption = (folder / "figures" / f"{number}.md").read_text(encoding="utf-8")
        assert f'id="{number}"' in page and "read off the paper's figure" in caption
    assert page.count("is not here:") == 1 and "The appendix was not at hand" in page


def test_made_again_there_is_nothing_to_do(made):
    assert asked(made, "published") == {}


def test_each_caption_leads_to_its_script_and_redoes_just_that(made):
    page = made / RESULTS / "paper.html"
    captions = re.findall(
        r'id="((?:figure|table)\d+)">(?:(?!id="(?:figure|table)\d+").)*?'
        r'<small class="source">(.*?)</small>',
        page.read_text(encoding="utf-8"),
        re.S,
    )
    assert len(captions) == len(NUMBERED["figure"]) + len(NUMBERED["table"])
    said = dict(captions)
    link = re.search('Code: <a href="(.*?)">(.*?)<', said["table12"])
    assert link[2] == "scripts/tables/f_tests.py"
    assert (page.parent / link[1]).resolve() == (made / link[2]).resolve()
    for number, rule in (("figure5", "figure"), ("table12", "table")):
        words = re.search('<code class="command">snakemake (.*?)</code>', said[number])[1].split()
        assert asked(made, *words) == {rule: 1}


def test_what_a_study_does_not_show_is_not_made(made):
    done = run_snakemake(made, "--dry-run", str(RESULTS / "figures" / "figure7.svg"))
    assert done.returncode == 1 and "figures: no figure7; there are figure1, figure3" in done.stdout


def test_a_paper_that_nothing_trains_yet_says_so(untouched):
    (untouched / "config/studies/fang2023.yaml").rename(untouched / "kept.yaml")
    done = run_snakemake(untouched, "--dry-run", "fang2023")
    (untouched / "kept.yaml").rename(untouched / "config/studies/fang2023.yaml")
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert "There is no study 'fang2023' that trains yet" in done.stdout
    assert f"`snakemake published` makes {RESULTS / 'paper.html'}" in done.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "target", "jobs"),
    [
        (
            "scripts/figures/sizes.py",
            "300])",
            "300, 1000])",
            "published",
            {"figure": 1, "paper": 1, "list_papers": 1},
        ),
        (
            "scripts/figures/against_imagenet.py",
            '"""Each dataset',
            '# Drawn again.\n"""Again each dataset',
            "published",
            {},
        ),
        (
            "config/studies/published/fang2023.yaml",
            "table03: values",
            "table03: {view: values, fit: true}",
            str(RESULTS / "tables" / "table03.csv"),
            {"table": 1},
        ),
        (
            "scripts/transfer/statistics/correlation.py",
            '"a line needs two points with different x"',
            '"a line needs two points that differ in x"',
            "published",
            {},
        ),
        (
            "scripts/transfer/statistics/correlation.py",
            "if np.ptp(y) == 0",
            "if np.ptp(y) <= 0",
            "published",
            # The views that fit a line or draw one, and what compares them all; those of other
            # statistics are not made again.
            {"table": 4, "figure": 9, "verdict": 1, "paper": 2, "list_papers": 1},
        ),
        (
            "scripts/transfer/page/page.css",
            "margin: 0;",
            "margin: 1px;",
            "published",
            {"paper": 3, "list_papers": 1},
        ),
    ],
    ids=["code", "comment", "option", "error text", "library", "page"],
)
def test_an_edit_asks_for_the_jobs_that_use_it_and_no_other(made, name, old, new, target, jobs):
    with edited(made, name, old, new):
        assert asked(made, target) == jobs


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("config/config.yaml", "verify_downloads", "verify_download", "'verify_download'"),
        ("config/studies/published/fang2023.yaml", "threshold:", "treshold:", "'treshold'"),
        ("config/studies/published/index.yaml", "threshold:", "treshold:", "'treshold'"),
        (
            "config/studies/published/fang2023.yaml",
            "[cct20, aptos, hpa,",
            "[cct20, aptos, hpo,",
            "parts.main.datasets: 'hpo' is not in config/datasets.yaml",
        ),
        (
            "config/models.tsv",
            "ResNet50_Weights.IMAGENET1K_V1",
            "",
            "missing 'weights'",
        ),
        (
            "resources/published/fang2023/table03.csv",
            "73.49,",
            "",
            "line 20: 7 cells for 8 columns",
        ),
        ("resources/published/fang2023/table03.csv", "73.49", "734", "line 20: cct20: 734"),
    ],
    ids=["config", "study", "papers", "dataset", "weights", "cell", "range"],
)
def test_a_mistake_is_refused_before_any_job_starts(untouched, name, old, new, says):
    with edited(untouched, name, old, new):
        done = run_snakemake(untouched, "published")
    assert done.returncode != 0
    assert name in done.stdout and says in done.stdout
    assert "Traceback" not in done.stdout
    assert created(untouched) == []


def test_made_twice_the_bytes_are_the_same(made, untouched):
    """The second time in another folder and with other hashes of strings."""
    shutil.rmtree(untouched / "results", ignore_errors=True)
    done = run_snakemake(untouched, "published", PYTHONHASHSEED="2")
    assert done.returncode == 0, done.stdout

    def contents(folder: Path) -> dict[str, str]:
        results = folder / "results"
        return {
            str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(results.rglob("*"))
            if path.is_file() and path.parts[len(results.parts)] != "logs"
        }

    first, second = contents(made), contents(untouched)
    assert len(first) > 60
    assert first == second
