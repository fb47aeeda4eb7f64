"""The exception for errors that a user can cause and fix."""


class UserError(Exception):
    """An error whose message says what is wrong, where, and what to do; shown without traceback."""
