# A dry run of thousands of jobs shows their table and the reasons, and not each job on three lines
# of its own. Snakemake's own `quiet` would hide the jobs of a real run as well, failed ones too.

from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

JOBS_OF_A_SCREEN = 20
# Who asks for the commands, or for everything, gets every job.
LISTED = workflow.output_settings.printshellcmds or workflow.output_settings.verbose
TABLES_SHOWN = []


def is_shown(record):
    """Whether a log record is shown: in a large dry run no job, and the table of jobs once."""
    if LISTED or not workflow.dryrun or len(workflow.dag) <= JOBS_OF_A_SCREEN:
        return True
    event = getattr(record, "event", None)
    if event == LogEvent.RUN_INFO:
        TABLES_SHOWN.append(record)
        return len(TABLES_SHOWN) == 1
    elsewhere = "check individual jobs above for details"
    record.msg = str(record.msg).replace(elsewhere, "-p lists each job with its own")
    return event != LogEvent.JOB_INFO


logger.addFilter(is_shown)
