"""The one error of a wrong declaration."""

import pulumi


class DeclarationError(pulumi.RunError):
    """A run, role or grant was declared in a way that cannot be carried out.

    Pulumi prints a ``RunError`` as its message alone, without a stack trace.
    """
