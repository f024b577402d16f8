"""Pure functions that turn checked declarations into SQL, policies and configuration files."""
