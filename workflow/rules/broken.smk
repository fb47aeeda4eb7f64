# Targets of an invalid study fail with its errors; all other targets work.

BROKEN_NAMES = [re.escape(name) for name in BROKEN if name not in NOT_A_STUDY]


rule broken_study:
    input:
        problem_of,
    output:
        "results/{broken}/{file}",
    log:
        "results/logs/broken_study/{broken}/{file}.log",
    wildcard_constraints:
        broken="|".join(BROKEN_NAMES) or NOTHING,
    conda:
        "../../envs/analysis.yaml"
    message:
        "Study {wildcards.broken} is invalid"
    shell:
        "exit 1 > {log:q}"
