"""What the reliability programs share. Python 3.11, standard library only."""
