# A dry run of thousands of jobs shows the table of jobs and the reasons instead of three lines per
# job. Snakemake's own `quiet` would also hide the jobs of a real run, including failed ones.

from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

JOBS_OF_A_SCREEN = 20
# With -p or --verbose, every job is listed.
LISTED = workflow.output_settings.printshellcmds or workflow.output_settings.verbose
TABLES_SHOWN = []


def is_shown(record):
    """Whether to show a log record: in a large dry run, no jobs, and the table of jobs once."""
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
