"""A Streamlit application: widgets over its WebSocket, an upload, a download."""

import streamlit as st

name = st.text_input("Name")
if st.button("Greet"):
    st.write(f"Hello {name}")
given = st.file_uploader("Given")
if given is not None:
    text = given.read().decode()
    st.write(f"It says {text}")
    st.download_button("Fetch", text.upper(), "made.txt")
