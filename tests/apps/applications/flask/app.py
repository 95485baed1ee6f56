"""A Flask application with sessions, redirects and absolute links, all made by Flask itself."""

from flask import Flask, redirect, request, session, url_for

app = Flask(__name__)
app.config.from_prefixed_env()
app.secret_key = "known to both workers"


@app.get("/")
def index():
    if "user" not in session:
        return redirect(url_for("login"))
    return f"{session['user']} is logged in"


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        session["user"] = request.form["user"]
        return redirect(url_for("index"))
    return f'<form method="post" action="{url_for("login")}"><input name="user"></form>'


@app.get("/folder/")
def folder():
    """Flask itself redirects /folder, to an absolute URL."""
    return "the folder"


@app.get("/where")
def where():
    return {
        "url": request.url,
        "external": url_for("folder", _external=True),
        "secure": request.is_secure,
        "client": request.remote_addr,
    }
