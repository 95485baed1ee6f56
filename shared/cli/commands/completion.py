"""`exposed completion`: what a shell needs to complete commands, options and services."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

PROGRAM = "exposed"
VARIABLE = "_EXPOSED_COMPLETE"
"""By which the shell's function asks the program for words; click's protocol."""


@click.command(short_help="Print the completion for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion for SHELL.

    \b
    bash: source <(exposed completion bash)      in ~/.bashrc
    zsh:  source <(exposed completion zsh)       in ~/.zshrc, after compinit
    fish: exposed completion fish | source       in ~/.config/fish/config.fish
    """
    made = get_completion_class(shell)
    assert made is not None
    root = context.find_root().command
    click.echo(made(root, {}, PROGRAM, VARIABLE).source())
