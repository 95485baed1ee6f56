"""A Gradio application: a button with a result, a result that grows, and a file to fetch."""

import gradio as gr


def greet(name):
    return f"Hello {name}"


def count():
    text = ""
    for number in range(1, 4):
        text += f"{number} "
        yield text


def shout(path):
    with open(path) as file, open("shouted.txt", "w") as out:
        out.write(file.read().upper())
    return "shouted.txt"


with gr.Blocks() as demo:
    name = gr.Textbox(elem_id="name", label="Name")
    greeting = gr.Textbox(elem_id="greeting", label="Greeting")
    gr.Button("Greet", elem_id="greet").click(greet, name, greeting, api_name="greet")
    numbers = gr.Textbox(elem_id="numbers", label="Numbers")
    gr.Button("Count", elem_id="count").click(count, None, numbers, api_name="count")
    given, made = gr.File(label="Given"), gr.File(label="Made")
    gr.Button("Shout", elem_id="shout").click(shout, given, made, api_name="shout")

demo.launch()
