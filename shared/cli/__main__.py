"""`python -m shared.cli` is `exposed`."""

from shared.cli import main

main(prog_name="exposed")
