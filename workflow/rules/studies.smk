# Each study by its name, a paper that nothing trains yet included.

for study in named_studies():

    rule:
        name:
            study
        input:
            study_page(study),
