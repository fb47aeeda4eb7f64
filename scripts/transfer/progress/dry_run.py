"""Which jobs Snakemake would run, from its own dry run."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from transfer.errors import UserError

HEADER = "output_file\tdate\trule\tlog-file(s)\tstatus\tplan"


@dataclass(frozen=True)
class Output:
    """One output file of the workflow: `status` in Snakemake's words, such as `missing`, `ok` or
    `params changed`; `pending` if the job that creates it would run."""

    path: str
    rule: str
    status: str
    pending: bool

    @property
    def again(self) -> bool:
        """Whether the file exists and would be created again."""
        return self.pending and self.status != "missing"


def start_dry_run(targets: Sequence[str], options: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start a dry run in the background; takes no lock, so the workflow may be running."""
    command = [sys.executable, "-m", "snakemake", "--summary", "--nolock", *options, "--", *targets]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outputs(asked: subprocess.Popen[str]) -> list[Output]:
    """The result of the dry run, one entry per output file.

    Raises UserError with Snakemake's message if it fails.
    """
    out, err = asked.communicate()
    header, _, table = out.partition("\n")
    if asked.returncode or header != HEADER:
        raise UserError(f"snakemake --summary failed:\n{err.strip()}")
    found = []
    for line in table.splitlines():
        path, _, rule, _, status, plan = line.split("\t")
        found.append(Output(path, rule, status, plan == "update pending"))
    return found
