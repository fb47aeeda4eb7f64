"""A dry run of many jobs fits a screen; what is asked for, and what really runs, is listed."""

import pytest

TARGET = "results/published/fang2023/tables/table02.csv"


def jobs_listed(output: str) -> int:
    return output.count("Reason: ")


@pytest.mark.parametrize(("options", "lines", "listed"), [([], 70, False), (["-p"], None, True)])
def test_a_large_dry_run(checkout, snakemake, options, lines, listed):
    done = snakemake(checkout, "--dry-run", *options, "--", "demo")
    assert done.returncode == 0, done.stdout
    assert (jobs_listed(done.stdout) > 40) is listed
    assert ("train.py" in done.stdout) is listed
    # Before the jobs, and where these are listed after them once more.
    assert done.stdout.count("Job stats:") == 1 + listed
    assert "output files have to be generated" in done.stdout
    assert lines is None or len(done.stdout.splitlines()) <= lines


def test_a_small_one_says_why_of_each_job(checkout, snakemake):
    done = snakemake(checkout, "--dry-run", TARGET)
    assert jobs_listed(done.stdout) == 2


def test_a_real_run_says_what_it_does(checkout, snakemake):
    path = checkout / "workflow/dry_run.smk"
    path.write_text(path.read_text().replace("JOBS_OF_A_SCREEN = 20", "JOBS_OF_A_SCREEN = 1"))
    assert jobs_listed(snakemake(checkout, "--dry-run", TARGET).stdout) == 0
    done = snakemake(checkout, TARGET)
    assert done.returncode == 0, done.stdout[-3000:]
    assert jobs_listed(done.stdout) == 2
    assert "Making table02 of study published/fang2023: correlation" in done.stdout
