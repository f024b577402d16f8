"""What a person declares about a run, checked before anything is created."""
