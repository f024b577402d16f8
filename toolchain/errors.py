"""The one error of set-up."""


class SetupError(Exception):
    """Something is missing that set-up cannot mend: what, why it is needed, and the command that mends it."""
