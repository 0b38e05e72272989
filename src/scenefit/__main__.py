"""`python -m scenefit`."""

from scenefit.cli import main

main()
