"""What a page does when it is pointed at, clicked and typed into, in a real browser."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Acts on the page, after its own script has run, and leaves what it found in the title.
ACTIONS = """
const found = {};
const all = (query, root = document) => [...root.querySelectorAll(query)];
const pointer = (kind, at, root) => {
  const { left, top, width, height } = at.getBoundingClientRect();
  const where = { clientX: left + width / 2 + 2, clientY: top + height / 2, pointerType: "mouse" };
  root.dispatchEvent(new PointerEvent(kind, { bubbles: true, ...where }));
};
const key = (at, name) =>
  at.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
const wait = (time) => new Promise((done) => setTimeout(done, time));

async function act() {
  const figure = document.getElementById("figure4");
  const svg = figure.querySelector("svg");
  const tip = document.querySelector(".tip");
  const [point, other] = all(".point", svg);
  found.titles = all("title", svg).length;
  pointer("pointermove", point, svg);
  found.tip = [...tip.children].map((line) => line.textContent);
  pointer("pointermove", other, svg);
  found.other = tip.firstChild.textContent;
  key(document.body, "Escape");
  found.hidden = tip.hidden;

  const entries = all(".entry", svg);
  const families = () => all("[data-family]:not(.faded)", svg).map((one) => one.dataset.family);
  const lit = () => [...new Set(families())];
  found.stops = entries.filter((entry) => entry.getAttribute("tabindex") === "0").length;
  found.entry = entries[2].getAttribute("aria-label");
  entries[2].focus();
  found.focused = lit();
  key(entries[2], "ArrowRight");
  found.next = [document.activeElement.getAttribute("aria-label"), lit()];
  key(document.activeElement, "Enter");
  document.activeElement.blur();
  found.pressed = [lit(), all(".entry[aria-pressed=true]", svg).length];
  key(entries[3], "Escape");
  found.released = lit().length;
  pointer("pointerenter", entries[0], entries[0]);
  found.hovered = lit();
  pointer("pointerleave", entries[0], entries[0]);
  found.left = lit().length;
  found.roles = [svg.getAttribute("role"), entries[0].parentNode.getAttribute("role")];

  const table = document.getElementById("given");
  const names = (body) => [...body.rows].map((row) => row.cells[0].textContent);
  const rows = () => [...table.tBodies].map(names);
  const sort = (column) => {
    all("thead button", table)[column].click();
    return [all("th", table)[column].getAttribute("aria-sort"), rows()];
  };
  found.original = rows();
  found.numbers = [sort(1), sort(1), sort(1)];
  found.names = sort(0);
  found.alone = all("[aria-sort]", table).length;
  found.said = document.querySelector("[role=status]").textContent;

  const copied = [];
  const clipboard = { writeText: async (text) => { copied.push(text); } };
  Object.defineProperty(navigator, "clipboard", { value: clipboard, configurable: true });
  const button = figure.querySelector(".copy");
  button.click();
  await wait(20);
  const status = document.querySelector("[role=status]");
  found.copied = [copied, button.textContent, status.textContent];
  await wait(2200);
  found.after = button.textContent;
  found.unnamed = all("button").filter((one) => !one.textContent.trim()).length;

  const folded = () => all("details:not([open])").length;
  const before = folded();
  dispatchEvent(new Event("beforeprint"));
  found.print = [before > 0, folded()];
  dispatchEvent(new Event("afterprint"));
  found.printed = folded() === before;
}
act().catch((error) => { found.error = String(error); }).then(() => {
  const result = document.createElement("pre");
  result.id = "found";
  result.textContent = JSON.stringify(found);
  document.body.append(result);
});
"""
TABLE = """
<table id="given"><thead><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead>
<tbody><tr class="place"><th colspan="2" scope="rowgroup">Part</th></tr>
<tr><th scope="row">b10</th><td>1,000.5 (2)</td></tr><tr><th scope="row">b9</th><td>–</td></tr>
<tr><th scope="row">a</th><td>−3 %</td></tr><tr><th scope="row">c</th><td>20</td></tr></tbody>
<tbody><tr><th scope="row">z</th><td>2</td></tr>
<tr><th scope="row">y</th><td>1e-05</td></tr></tbody></table>
"""


@pytest.fixture(scope="module")
def found(paper_page: Path) -> dict:
    """What the actions found on a copy of the page that has one more table."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"needs a browser: none of {', '.join(BROWSERS)} is installed")
    page = paper_page.read_text(encoding="utf-8").replace("<footer>", TABLE + "<footer>")
    harness = paper_page.with_name("harness.html")
    page = page.replace("</body>", f"<script>{ACTIONS}</script></body>")
    harness.write_text(page, encoding="utf-8")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,1000"]
    flags += [f"--user-data-dir={paper_page.parent / 'profile'}", "--virtual-time-budget=10000"]
    done = subprocess.run(
        [browser, *flags, "--dump-dom", harness.as_uri()],
        capture_output=True,
        text=True,
        timeout=240,
    )
    result = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.S)
    assert result, done.stderr[-2000:]
    values = json.loads(html.unescape(result[1]))
    assert "error" not in values, values["error"]
    return values


def test_a_point_says_its_model_panel_value_and_interval(found):
    assert found["tip"] == [
        "AlexNet",
        "CCT-20",
        "Accuracy 63.59 % (62.82 to 64.35)",
        "ImageNet top-1 56.5 %",
    ]
    assert found["other"] == "SqueezeNet 1.1" and found["hidden"]
    assert found["titles"] == 0, "the browser would show them as well"


def test_a_family_is_highlighted_from_the_legend_by_pointer_and_keyboard(found):
    assert found["entry"] == "ShuffleNetV2x0.5" and found["focused"] == ["shufflenet"]
    assert found["next"] == ["MobileNet V3 small", ["mobilenet"]]
    assert found["pressed"] == [["mobilenet"], 1]
    assert found["hovered"] == ["alexnet"]
    assert found["released"] == found["left"] > 10


def test_a_figure_is_one_stop_of_the_tab_key(found):
    assert found["stops"] == 1 and found["roles"] == ["group", "toolbar"]
    assert found["unnamed"] == 0


def test_a_table_sorts_within_its_parts_and_back(found):
    assert found["original"] == [["Part", "b10", "b9", "a", "c"], ["z", "y"]]
    up, down, back = found["numbers"]
    assert up == ["ascending", [["Part", "a", "c", "b10", "b9"], ["y", "z"]]]
    assert down == ["descending", [["Part", "b10", "c", "a", "b9"], ["z", "y"]]]
    assert back == [None, found["original"]]
    assert found["names"] == ["ascending", [["Part", "a", "b9", "b10", "c"], ["y", "z"]]]
    assert found["alone"] == 1 and found["said"] == "Sorted by Name, ascending"


def test_a_click_copies_the_command_and_says_so(found):
    copied, shown, said = found["copied"]
    assert len(copied) == 1 and copied[0].startswith("snakemake results/published/fang2023/figures")
    assert shown == said == "Copied" and found["after"] == "Copy"


def test_nothing_is_folded_in_print_and_all_is_as_before_afterwards(found):
    assert found["print"] == [True, 0] and found["printed"]
