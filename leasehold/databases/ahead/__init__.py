"""What the next test will ask for, made while this one runs: its database, and logins of the roles that tests use."""

from .making import Making
from .places import Login, Place
from .prospects import Wanted

__all__ = ["Login", "Making", "Place", "Wanted"]
