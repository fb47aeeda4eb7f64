"""What a study of runs answers to each statement of its paper's text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
import pandas as pd

from transfer.metrics import METRICS
from transfer.papers.claims import claims_module
from transfer.papers.evidence import CANNOT_TELL, Evidence, NotAnsweredError
from transfer.papers.paper import Paper
from transfer.papers.published import read_printed
from transfer.papers.verdict import compare, rounding_tolerance, with_digits_of

HOLDS, DOES_NOT_HOLD = "holds", "does not hold"
COLUMNS = ["section", "id", "claim", "printed", "recomputed", "answer", "why"]
# On so many resamples of the test images each statement is decided again.
RESAMPLES = 200
Recompute = Callable[[Evidence], float | bool]


@dataclass(frozen=True)
class Answer:
    """An answer to one statement, in one line: `recomputed` is a number, or 1 for true."""

    answer: str
    why: str
    recomputed: float | None = None


def answers(paper: Paper, evidence: Evidence, resampled: np.ndarray, level: float) -> pd.DataFrame:
    """An answer to each statement of a paper, in the columns of statements.csv.

    `resampled` are the values of the rows of results.csv on resamples of their test images,
    `(rows, resamples)`. A statement that does not come out alike on a share `level` of them cannot
    be decided.
    """
    module = claims_module(paper.name)
    claims: Mapping[str, Recompute] = import_module(module).CLAIMS if module else {}
    redrawn = [
        replace(evidence, results=replace(evidence.results, cells=cells), kept={})
        for cells in redrawn_cells(evidence.results.cells, resampled[:, :RESAMPLES])
    ]
    rows = []
    for claim in read_printed(paper.folder, "claims").to_dict("records") if claims else []:
        printed, recompute = str(claim["printed"]), claims[str(claim["id"])]
        found = answer(printed, recompute, evidence, redrawn, level)
        rows.append(
            {key: claim[key] for key in ("section", "id", "claim", "printed")}
            | {"recomputed": found.recomputed, "answer": found.answer, "why": found.why}
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def redrawn_cells(cells: pd.DataFrame, resampled: np.ndarray) -> list[pd.DataFrame]:
    """results.csv as other test images would have made it, once for each resample.

    Resamples move a value about itself: it may be the mean of several runs, of which one has been
    resampled.
    """
    lowest = cells["metric"].map(lambda metric: METRICS[metric].lowest).to_numpy()
    values = cells["value"].to_numpy(dtype=float)
    # No pole of the logit, which a value itself may not have reached.
    highest = np.maximum(values, 1 - 1e-6)
    moves = resampled - pd.DataFrame(resampled).mean(axis=1).to_numpy()[:, None]
    return [
        cells.assign(value=np.clip(values + np.nan_to_num(move), lowest, highest))
        for move in moves.T
    ]


def answer(
    printed: str,
    recompute: Recompute,
    evidence: Evidence,
    redrawn: Sequence[Evidence],
    level: float,
) -> Answer:
    """The answer to a statement that prints a number, or, where `printed` is empty, none."""
    try:
        value = float(recompute(evidence))
        again = np.array([float(recompute(one)) for one in redrawn])
    except NotAnsweredError as error:
        return Answer(error.answer, error.why)
    except KeyError as error:
        return Answer(CANNOT_TELL, f"rests on {error.args[0]}, which this study lacks")
    if not np.isfinite(value):
        return Answer(CANNOT_TELL, "is not defined on these values")
    again = again[np.isfinite(again)]
    decide = number_answer if printed else truth_answer
    return decide(printed, value, again, level)


def truth_answer(printed: str, value: float, again: np.ndarray, level: float) -> Answer:
    """Whether a statement is true, unless resamples of the test images often say otherwise."""
    alike = float((again == value).mean()) if len(again) else 1.0
    if alike < level:
        true = float((again == 1).mean())
        why = f"true on {true * 100:.0f} % of {len(again)} resamples of the test images"
        return Answer(CANNOT_TELL, why, value)
    sure = f"on {alike * 100:.0f} % of {len(again)} resamples of the test images"
    return Answer(HOLDS if value else DOES_NOT_HOLD, sure if alike < 1 else "", value)


def number_answer(printed: str, value: float, again: np.ndarray, level: float) -> Answer:
    """Whether a number is the printed one, and if not, whether the test images rule that out."""
    shown = with_digits_of(printed, value)
    if compare("", "", "", printed, value).agrees:
        return Answer(HOLDS, "", value)
    tail = (1 - level) / 2
    low, high = np.quantile(again, [tail, 1 - tail]) if len(again) else (value, value)
    slack = rounding_tolerance(printed) * (1 + 1e-9)
    if low == high:
        return Answer(DOES_NOT_HOLD, f"{shown} here", value)
    low, high = min(low, value), max(high, value)
    ends = [with_digits_of(printed, end) for end in (low, high)]
    why = f"{shown} here, {ends[0]} to {ends[1]} over resamples of the test images"
    inside = low - slack <= float(printed) <= high + slack
    return Answer(CANNOT_TELL if inside else DOES_NOT_HOLD, why, value)
