"""The one exception for mistakes that a user can make and mend."""


class UserError(Exception):
    """Says what is wrong, where, and what to do; shown without a traceback."""
