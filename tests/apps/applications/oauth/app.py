"""A Flask application whose users log in at an OpenID provider, with Authlib."""

import os

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for

app = Flask(__name__)
app.secret_key = "known to both workers"
oauth = OAuth(app)
oauth.register(
    "sso",
    client_id="app",
    client_secret="secret",
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid"},
)


@app.get("/health")
def health():
    return "well"


@app.get("/")
def index():
    if "user" not in session:
        return redirect(url_for("login"))
    return f"{session['user']} is logged in"


@app.get("/login")
def login():
    return oauth.sso.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    session["user"] = oauth.sso.authorize_access_token()["userinfo"]["sub"]
    return redirect(url_for("index"))
