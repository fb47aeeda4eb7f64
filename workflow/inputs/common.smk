# Functions shared by several phases.


def those_there(paths):
    """The files that a step needs; with allow_partial only those that exist already."""
    if not config["allow_partial"]:
        return paths
    return [path for path in paths if Path(path).is_file()]
