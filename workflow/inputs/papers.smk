# The papers whose printed numbers are included, and what several of them show together.

from transfer.papers.joint_checks import joint_problems
from transfer.study.joint import joint_digest, joint_file, read_joint
from transfer.study.study import PUBLISHED

LIST_TEMPLATES = [
    f"scripts/transfer/page/{name}"
    for name in (
        *("page.html.jinja", "parts.html.jinja", "papers.html.jinja"),
        *("page.css", "page.js"),
    )
]


def listed_studies():
    """The studies of printed numbers by paper."""
    return [
        study for name, study in STUDIES.items() if name.startswith(f"{PUBLISHED}/")
    ]


def listed_papers():
    """The folders of their papers."""
    return [str(PAPERS[study.paper].folder) for study in listed_studies()]


def listed_files(name):
    """A file of each of these studies."""
    return [f"results/{study.name}/{name}" for study in listed_studies()]


def top1_files(study):
    """The printed tables from which a study takes its ImageNet accuracies, if it does."""
    if study.imagenet_top1 != "published":
        return []
    return [str(path) for path in PAPERS[study.paper].top1_tables]


def joint_study(path):
    """The study of several papers and its problems; neither without such a file."""
    if not path.is_file():
        return None, ""
    try:
        joint = read_joint(path)
    except UserError as error:
        return None, str(error)
    problems = joint_problems(joint, STUDIES, PAPERS, DATASETS)
    return joint, "\n".join(f"{path}: {problem}" for problem in problems)


JOINT_FILE = joint_file("config/studies")
JOINT, JOINT_PROBLEM = joint_study(JOINT_FILE)
if JOINT_PROBLEM and workflow.is_main_process:
    logger.warning(f"What several papers show together is left out:\n{JOINT_PROBLEM}")
JOINT_SHOWN = {
    kind: getattr(JOINT, kind) if JOINT and not JOINT_PROBLEM else {}
    for kind in ("figures", "tables")
}


def joint_paper_files(wildcards):
    """The files of the folders of the joint study's papers."""
    return [file for name in JOINT.studies.values() for file in files_of(STUDIES[name])]


def joint_inputs():
    """What the views of a joint study read, by option of their runner; none without such views."""
    if not any(JOINT_SHOWN.values()):
        return {}
    return {
        "joint": ancient(str(JOINT_FILE)),
        "values": [f"results/{name}/results.csv" for name in JOINT.studies.values()],
        "fid": f"results/{JOINT.studies[JOINT.distances]}/fid.csv",
        "models": "config/models.tsv",
        "datasets": "config/datasets.yaml",
    }


def joint_flags(wildcards, input):
    """Input arguments of a view of a joint study."""
    folders = [paper_folder(STUDIES[name]) for name in JOINT.studies.values()]
    given = {name: input[name] for name in joint_inputs()} | {"papers": folders}
    return view_flags(wildcards, given)


def joint_param(kind, function):
    """A param of the rule of a kind of views, which the function gives for the view shown."""
    return lambda wildcards: function(
        wildcards, kind, JOINT_SHOWN[kind][wildcards.shown]
    )


def joint_digests(wildcards):
    """The digests of the joint study and of the studies that it shows."""
    return [joint_digest(JOINT)] + [
        study_digest(STUDIES[n]) for n in JOINT.studies.values()
    ]


def joint_names(kind):
    """The names of the views of a joint study, as a pattern."""
    return "|".join(JOINT_SHOWN[kind]) or NOTHING


def joint_made(kind, suffix):
    """The files of its figures or tables; exits with the problems of a mistaken study."""

    def made(wildcards):
        if JOINT_PROBLEM:
            # The message of an exception would be buried in a traceback.
            sys.exit(f"Study '{PUBLISHED}/index' is invalid:\n{JOINT_PROBLEM}")
        return [
            f"results/{PUBLISHED}/{kind}/{name}.{suffix}" for name in JOINT_SHOWN[kind]
        ]

    return made


def joint_words(wildcards):
    """The file with the words of the joint study, if it has one."""
    return [JOINT.words] if JOINT and JOINT.words else []


def list_flags(wildcards, input):
    """Optional arguments of the list of papers."""
    given = {
        "joint": [str(JOINT_FILE)] if JOINT else [],
        "figures": input.figures,
        "tables": input.tables,
        "words": input.words,
    }
    return " ".join(
        f"--{name} {' '.join(quote(str(file)) for file in files)}"
        for name, files in given.items()
        if files
    )
