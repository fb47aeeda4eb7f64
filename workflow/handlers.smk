# Handlers for the start and failure of the workflow. Snakemake uses those of the top-level Snakefile
# only, not those of a module.

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.current_basedir).parent / "scripts"))

from transfer.errors import UserError
from transfer.machine.working_folder import claim, full_disks


onstart:
    try:
        claim(".")
    except UserError as error:
        raise WorkflowError(str(error)) from None


onerror:
    for sentence in full_disks(["results", "resources", ".snakemake"]):
        print(sentence, file=sys.stderr)
