"""A marimo application: a cell that depends on a widget."""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    number = mo.ui.number(value=6, start=0, stop=100)
    number  # noqa: B018  a cell shows its last expression
    return mo, number


@app.cell
def _(mo, number):
    mo.md(f"The answer is {number.value * 7}")


if __name__ == "__main__":
    app.run()
