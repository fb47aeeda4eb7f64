"""Claims in the text of a paper, and the module that recomputes them.

Those of `resources/published/<paper>/claims.csv` are recomputed by `transfer/papers/<paper>.py`,
whose `CLAIMS` maps the id of each to a function of the evidence: a number where the paper prints
one, True or False where it states a fact. A paper with neither has no statements.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from transfer.errors import UserError
from transfer.papers.evidence import Evidence
from transfer.papers.paper import Paper
from transfer.papers.published import READ, read_printed
from transfer.papers.verdict import Comparison, compare_claims

Claims = dict[str, Callable[[Evidence], float | bool]]
LIBRARY = Path(__file__).parent


def claims_module(paper: str) -> str | None:
    """Full name of the module with a paper's claims; None for a paper without claims."""
    found = paper.isidentifier() and (LIBRARY / f"{paper}.py").is_file()
    return f"transfer.papers.{paper}" if found else None


def has_claims(paper: Paper) -> bool:
    """Whether a paper has statements; raises UserError if only one of table and module is there."""
    table, module = paper.folder / "claims.csv", LIBRARY / f"{paper.name}.py"
    there = claims_module(paper.name) is not None
    if table.is_file() != there:
        present, absent = (module, table) if there else (table, module)
        raise UserError(
            f"{present} is there and {absent} is not: the one lists the statements of the paper, "
            "the other recomputes them"
        )
    return there


def check_claims(paper: Paper, evidence: Evidence) -> list[Comparison]:
    """Recompute every statement of a paper and compare it with what is printed."""
    module = claims_module(paper.name)
    claims: Claims = import_module(module).CLAIMS if module else {}
    recomputed = {name: recompute(evidence) for name, recompute in claims.items()}
    read = {name for name, table in evidence.printed.items() if READ in set(table.get("kind", []))}
    return compare_claims(read_printed(paper.folder, "claims"), recomputed, read)
