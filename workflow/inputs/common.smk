# What several phases share.


def those_there(paths):
    """The files that a step waits for; with allow_partial only those that are there already."""
    if not config["allow_partial"]:
        return paths
    return [path for path in paths if Path(path).is_file()]
