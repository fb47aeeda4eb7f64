# The workflow itself is in workflow/; this file lets `snakemake` find it from the top. As a module
# it has a namespace of its own, which Snakemake need not copy for each of thousands of commands
# that it fills in: a tenth of a dry run's time.


configfile: "config/config.yaml"


include: "workflow/handlers.smk"


module transfer:
    snakefile:
        "workflow/Snakefile"
    config:
        config


use rule * from transfer
