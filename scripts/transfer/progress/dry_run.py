"""Which jobs Snakemake would run, asked of Snakemake itself."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from transfer.errors import UserError

HEADER = "output_file\tdate\trule\tlog-file(s)\tstatus\tplan"


@dataclass(frozen=True)
class Output:
    """One output file of the workflow: `status` as Snakemake words it, such as `missing`, `ok` or
    `params changed`; `pending` if the job that makes it would run."""

    path: str
    rule: str
    status: str
    pending: bool

    @property
    def again(self) -> bool:
        """Whether it is there and would be made anew."""
        return self.pending and self.status != "missing"


def start_dry_run(targets: Sequence[str], options: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start asking; runs nothing and takes no lock, also while the workflow runs."""
    command = [sys.executable, "-m", "snakemake", "--summary", "--nolock", *options, "--", *targets]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outputs(asked: subprocess.Popen[str]) -> list[Output]:
    """Snakemake's answer, one entry per output file; UserError with its words if it refuses."""
    out, err = asked.communicate()
    header, _, table = out.partition("\n")
    if asked.returncode or header != HEADER:
        raise UserError(f"snakemake could not plan:\n{err.strip()}")
    found = []
    for line in table.splitlines():
        path, _, rule, _, status, plan = line.split("\t")
        found.append(Output(path, rule, status, plan == "update pending"))
    return found
