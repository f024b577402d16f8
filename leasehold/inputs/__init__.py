"""What code was seen to read, by which what it made is known to be up to date."""

from .digests import digest
from .imports import with_imported
from .program import FILE_VARIABLE, ProgramInputs, Recording, fingerprints, of_folder, other_shell, tell_at_exit
from .seen import Seen, watched

__all__ = [
    "FILE_VARIABLE",
    "ProgramInputs",
    "Recording",
    "Seen",
    "digest",
    "fingerprints",
    "of_folder",
    "other_shell",
    "tell_at_exit",
    "watched",
    "with_imported",
]
