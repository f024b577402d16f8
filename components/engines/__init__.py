"""How a server and a network become resources of an engine. A further engine is a folder here."""
