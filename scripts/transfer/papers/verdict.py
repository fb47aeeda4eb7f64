"""Compare printed numbers with recomputed ones."""

import math
from collections.abc import Container
from typing import Any, NamedTuple

import pandas as pd

from transfer.errors import UserError

# The column of a statement whose word leaves room.
WORD = "word"
# Within rounding, only within the error of values read off a figure, a word that leaves room, or
# none of these.
AGREES, WITHIN_READING, AS_READ, DIFFERS = "agrees", "within_reading", "as_read", "differs"
STATES = (AGREES, WITHIN_READING, AS_READ, DIFFERS)


class Comparison(NamedTuple):
    """Comparison of one printed with one recomputed number; the columns of verdict.csv.

    `published` is the text that is printed, with its digits: 0.890, 0.0000. `tolerance` is half a
    unit of the last printed digit, the maximum rounding error, plus the error of values that were
    read off a figure. A statement without a number counts as 1 if it is true and as 0 otherwise.
    A word that leaves room, such as many, is itself `published`: `column` is `word`, there is no
    difference and no tolerance, and `agrees` says whether the number is within how it is read; its
    state is `as_read` either way, since another reader may draw the line elsewhere.

    `state` is one of `STATES`; `rests_on` is `printed`, `read` or `runs`: which kind of values the
    recomputed number rests on. `note` says why it differs.
    """

    table: str
    row: str
    column: str
    published: str
    recomputed: float
    difference: float
    tolerance: float
    agrees: bool
    state: str = ""
    rests_on: str = ""
    note: str = ""


class Counts(NamedTuple):
    """How many findings of a verdict agree, differ, or are words as this project reads them.

    Those of `read` agree only by the error of values that were read off a figure, and `agree` are
    the others. `hold` are those of `words` that hold as read.
    """

    agree: int
    read: int
    differ: int
    words: int
    hold: int

    @property
    def precise(self) -> int:
        """Findings that are no words."""
        return self.agree + self.read + self.differ


def count_findings(verdict: pd.DataFrame) -> Counts:
    """Count the rows of a verdict.csv by their state."""
    by_state = {state: int((verdict["state"] == state).sum()) for state in STATES}
    holds = (verdict["state"] == AS_READ) & verdict["agrees"].astype(bool)
    return Counts(
        agree=by_state[AGREES],
        read=by_state[WITHIN_READING],
        differ=by_state[DIFFERS],
        words=by_state[AS_READ],
        hold=int(holds.sum()),
    )


def is_number(printed: str) -> bool:
    """Whether a number is printed, and not a word such as many."""
    try:
        float(printed)
    except ValueError:
        return False
    return True


def decimal_places(printed: str) -> int:
    """Return the place of a printed number's last digit: 2 for '0.17', 0 for '133'."""
    mantissa, _, exponent = printed.strip().lower().partition("e")
    return len(mantissa.partition(".")[2]) - int(exponent or 0)


def rounding_tolerance(printed: str) -> float:
    """Half a unit of the last digit of a printed number: 0.005 for '0.17', 0.5 for '133'."""
    return 0.5 * 10.0 ** -decimal_places(printed)


def with_digits_of(printed: str, value: float) -> str:
    """Return a number as text with the decimals of a printed one: 0.8898 as 0.890 beside 0.896.

    Beside a word it has the digits that it needs.
    """
    if not is_number(printed):
        return f"{value:g}"
    text = f"{value:.{max(decimal_places(printed), 0)}f}"
    # No minus before a zero.
    return text.removeprefix("-") if float(text) == 0 else text


def compare(
    table: str, row: str, column: str, printed: str, recomputed: float, error: float = 0.0
) -> Comparison:
    """Compare a recomputed number with a printed one, given as the text that is printed.

    `error` is how far inexact values, such as those read off a figure, may move the recomputed one;
    it adds to the tolerance.
    """
    published, tolerance = printed.strip(), rounding_tolerance(printed) + error
    difference = float(recomputed) - float(published)
    # A value on the edge of rounding, such as 0.125 for a printed 0.12, agrees.
    agrees = abs(difference) <= tolerance * (1 + 1e-9)
    rounded = abs(difference) <= rounding_tolerance(printed) * (1 + 1e-9)
    state = AGREES if rounded else WITHIN_READING if agrees else DIFFERS
    return Comparison(
        table, row, column, published, float(recomputed), difference, tolerance, bool(agrees), state
    )


def compare_table(
    table: str, key: str, printed: pd.DataFrame, recomputed: pd.DataFrame
) -> list[Comparison]:
    """Compare every column that both tables have; `printed` is text, `key` names the rows.

    What a paper leaves empty is left out, and what has no value yet in a study whose runs are not
    all there.
    """
    printed, recomputed = printed.set_index(key), recomputed.set_index(key)
    columns = [column for column in printed.columns if column in recomputed.columns]
    return [
        compare(table, row, column, printed.loc[row, column], recomputed.loc[row, column])
        for row in printed.index
        if row in recomputed.index
        for column in columns
        if pd.notna(recomputed.loc[row, column]) and printed.loc[row, column]
    ]


def compare_word(place: str, row: str, wording: str, value: float, reading: Any) -> Comparison:
    """Compare a number with the word that stands for it, read as between two bounds.

    `reading` has the bounds, `above` and `below`, as text; the number must lie strictly between.
    """
    holds = float(reading.above) < round(float(value), 9) < float(reading.below)
    return Comparison(place, row, WORD, wording, float(value), math.nan, math.nan, holds, AS_READ)


def compare_fact(place: str, row: str, holds: bool) -> Comparison:
    """Compare a statement that is true or false; the paper says that it is true."""
    value, state = float(holds), AGREES if holds else DIFFERS
    return Comparison(place, row, "holds", "1", value, value - 1, 0.0, holds, state)


def completed(finding: Comparison, rests_on: str) -> Comparison:
    """A finding with its state, and with what it rests on where it does not say so itself."""
    state = finding.state or (AGREES if finding.agrees else DIFFERS)
    return finding._replace(state=state, rests_on=finding.rests_on or rests_on)


def compare_claims(
    claims: pd.DataFrame, recomputed: dict[str, float | bool], read: Container[str] = ()
) -> list[Comparison]:
    """Compare the statements of the text; raises UserError if one is not recomputed.

    `claims` is claims.csv as text. Its column `evidence` names the tables that decide a statement,
    `read` is those whose values were read off a figure; its column `note` says why a statement
    differs, or agrees only within the error of the reading.
    """
    missing = sorted(set(claims["id"]) ^ set(recomputed))
    if missing:
        raise UserError(
            f"claims.csv and the module that recomputes its claims differ in: {', '.join(missing)}"
        )
    findings = []
    for claim in claims.itertuples():
        value, place = recomputed[str(claim.id)], f"section {claim.section}"
        if claim.printed:
            error = float(getattr(claim, "reading_error", "") or 0)
            found = compare(place, str(claim.id), "value", str(claim.printed), value, error)
        elif wording := getattr(claim, "wording", ""):
            found = compare_word(place, str(claim.id), str(wording), value, claim)
        else:
            found = compare_fact(place, str(claim.id), bool(value))
        named = str(getattr(claim, "evidence", "")).split()
        why = "" if found.state == AGREES else str(getattr(claim, "note", ""))
        kind = "read" if any(one in read for one in named) else "printed"
        findings.append(found._replace(rests_on=kind, note=why))
    return findings


def summary(findings: list[Comparison], notes: list[str]) -> str:
    """Put a verdict in words, as Markdown: how much agrees, and a table of what does not.

    `notes` say how the numbers came about and what could not be compared.
    """
    if not findings:
        return " ".join(["Nothing that the paper prints has been measured here yet.", *notes])
    words = [finding for finding in findings if finding.column == WORD]
    precise = [finding for finding in findings if finding.column != WORD]
    by_state = {one: [f for f in precise if f.state == one] for one in STATES}
    differing, near = by_state[DIFFERS], by_state[WITHIN_READING]
    sentences = [
        f"{len(by_state[AGREES])} of {len(precise)} printed numbers and statements agree with what "
        "is recomputed, within half a unit of the last printed digit"
        + (
            f"; {len(near)} more agree only within the error of values read off figures."
            if near
            else "."
        ),
        *notes,
    ]
    if words:
        found = ", ".join(
            f"{f.row} {f.recomputed:g} for “{f.published}” ({'holds' if f.agrees else 'does not'})"
            for f in words
        )
        sentences.append(f"As this project reads words that leave room: {found}.")
    if near:
        sentences.append(f"Within the error of the reading:\n\n{listed(near)}\n\n")
    if differing:
        sentences.append(f"These {len(differing)} differ:\n\n{listed(differing)}")
    return " ".join(sentences).strip()


def listed(findings: list[Comparison]) -> str:
    """Findings as a Markdown table."""
    table = pd.DataFrame(
        {
            "table": finding.table,
            "row": finding.row,
            "column": finding.column,
            "published": finding.published,
            "recomputed": with_digits_of(finding.published, finding.recomputed),
            "difference": f"{finding.difference:.3g}",
            "tolerance": f"{finding.tolerance:g}",
        }
        for finding in findings
    )
    aligned = ["left"] * 3 + ["right"] * 4
    return str(table.to_markdown(index=False, disable_numparse=True, colalign=aligned))
