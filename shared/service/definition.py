"""One service read from the fields of its definition, a new one or one that is stored already.

Called by `fdl` alone. A new one is held to all that would be refused or missed later; one that is
stored stays readable as far as the gateway and the scaler need it, whatever was stored. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from shared.service import elsewhere, names, quantity, security, sharing, syntax
from shared.service.expose import read_expose
from shared.service.fields import Fields, Problems
from shared.service.model import EMPTY, Environment, Service
from shared.service.volume import read_volume

if TYPE_CHECKING:
    from shared.service.model import Volume

NOTHING: Final = Service(name="", image="", script="")
"""Defaults, and what stands for a service that cannot be read."""
# Answers of the API that are made anew at each reading, so they are no part of a definition.
_READ_ONLY: Final = ("token", "namespace", "deployment", "volume_status")
_TAKEN: Final = ("OSCAR_SERVICE_NAME", "OSCAR_SERVICE_TOKEN", "OSCAR_SERVICE_BASE_PATH")
"""Variables that each pod is given."""
LONGEST_IMAGE: Final = 1024
MOST_VARIABLES: Final = 1000
MOST_PLAIN, MOST_SECRET = 512 * 1024, 256 * 1024
"""Bytes of names and values of environment variables. A ConfigMap and its Deployment both carry the
plain ones; of the secret ones several revisions fit into a Secret, which holds 1 MiB."""
_MOST_CPU, _MOST_MEMORY = 100_000, 2**60
_LITTLE: Final = 2**20
"""Bytes of memory below which somebody forgot the unit."""


def read_new(fields: Fields, read_script: Callable[[str], str] | None = None) -> Service:
    """The service that somebody wrote; all that is wrong or odd goes to the problems of `fields`.

    `read_script` gives the content of the file that a `script` of one line names; without it each
    is the script itself.
    """
    service = _read(fields, _script(fields, read_script), new=True)
    _check_image(fields, service.image)
    _check_words(fields, service)
    security.check(fields, service.annotations)
    return replace(service, extra=elsewhere.read(fields) or EMPTY)


def read_stored(fields: Fields) -> Service:
    """The service of a ConfigMap, which holds no script."""
    return _read(fields, "", new=False)


def _read(fields: Fields, script: str, *, new: bool) -> Service:
    environment = _environment(fields, new=new)
    exposed = fields.raw("expose") not in (None, {})
    expose = read_expose(fields, new=new) if exposed else None
    for name in _READ_ONLY:
        fields.raw(name)
    name = fields.parsed("name", default="", parse=names.check_name) or _missing_name(fields)
    return Service(
        name=name,
        image=_required(fields, "image", "the container image"),
        script=script,
        memory=_quantity(fields, "memory", NOTHING.memory, new=new),
        cpu=_quantity(fields, "cpu", NOTHING.cpu, new=new),
        environment=environment,
        expose=expose,
        volume=read_volume(fields, name) if new else _stored_volume(fields, name),
        labels=_labels(fields, name, new=new),
        annotations=fields.texts("annotations"),
        image_pull_secrets=tuple(dict.fromkeys(fields.words("image_pull_secrets"))),
        owner=fields.text("owner") or NOTHING.owner,
        visibility=sharing.visibility(fields, new=new),
        allowed_users=sharing.allowed_users(fields),
        extra=fields.unknown() or EMPTY,
    )


def _environment(service: Fields, *, new: bool) -> Environment:
    with service.section("environment", secret=True) as fields:
        environment = Environment(
            variables=fields.texts("Variables", "variables"),
            secrets=fields.texts("Secrets", "secrets", secret=True),
        )
        if new:
            _check_variables(fields, "Variables", environment.variables, MOST_PLAIN)
            _check_variables(fields, "Secrets", environment.secrets, MOST_SECRET)
            for key in environment.secrets.keys() & environment.variables.keys():
                fields.warn(f"Secrets.{key}", "is a plain variable too, which is what pods get")
    return environment


def _check_variables(fields: Fields, group: str, variables: Mapping[str, str], most: int) -> None:
    if len(variables) > MOST_VARIABLES:
        fields.error(group, f"holds {len(variables)} variables, and {MOST_VARIABLES} are read")
    for key, value in variables.items():
        _check(fields, f"{group}.{key}", syntax.check_variable, key, value)
        if key in _TAKEN:
            fields.warn(f"{group}.{key}", "is set here for each pod; what is written is ignored")
    _check_size(fields, group, variables, most)


def _script(fields: Fields, read_script: Callable[[str], str] | None) -> str:
    """The script with the line ends of Linux, for its shell knows no others."""
    text = _required(fields, "script", "the script that starts the server")
    if read_script and text and not set("\r\n") & set(text):
        text = read_script(text)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _missing_name(fields: Fields) -> str:
    if fields.raw("name") in (None, ""):
        fields.error("name", f"is missing; give the service a name{_meant(fields, 'name')}")
    return ""


def _required(fields: Fields, name: str, meaning: str) -> str:
    text = fields.text(name)
    if isinstance(fields.raw(name), int | float | Decimal) and text:
        fields.error(name, f"{text[:40]} is a number; write it in quotes if it is meant")
    if not text and not isinstance(fields.raw(name), dict | list | bool):
        fields.error(name, f"is missing; give {meaning}{_meant(fields, name)}")
    return text


def _meant(fields: Fields, name: str) -> str:
    """The question whether a misspelt field was meant to be `name`."""
    other = fields.meant(name)
    return f". There is an unknown field {other}: did you mean {name}?" if other else ""


def _quantity(fields: Fields, name: str, default: str, *, new: bool) -> str:
    least, most = (0.001, _MOST_CPU) if name == "cpu" else (1, _MOST_MEMORY)

    def positive(text: str) -> str:
        value = quantity.parse(text)
        if value <= 0:
            raise ValueError(f"{text} is not above zero")
        if new and not least <= value <= most:
            raise ValueError(f"{text} is outside {least} to {most}; write for example {default}")
        if new and name == "memory" and value < _LITTLE:
            told = f"{text} are {int(value)} bytes, too few for any program"
            fields.warn(name, f"{told}; add a unit, as in {default}")
        return text

    return fields.parsed(name, default=default, parse=positive)


def _stored_volume(fields: Fields, name: str) -> Volume | None:
    """The volume; one that cannot be is none, for a service that is there stays readable."""
    problems = Problems()
    volume = read_volume(Fields({"volume": fields.raw("volume")}, "", problems), name)
    return None if problems.errors else volume


def _labels(fields: Fields, name: str, *, new: bool) -> Mapping[str, str]:
    """The labels of its own. Those that the API sets come back when an answer is sent again."""
    labels = fields.texts("labels")
    if new:
        labels.pop(names.OWNER_LABEL, "")
        for key, value in (names.forced_labels(name) | {"app": names.app_label(name)}).items():
            if labels.pop(key, value) != value:
                fields.warn(f"labels.{key}", f"is always {value!r} here; leave it out")
    return labels


def _check_image(fields: Fields, image: str) -> None:
    if any(char.isspace() or not char.isprintable() for char in image):
        fields.error("image", f"{image[:60]!r} holds blanks; write registry/name:tag alone")
    if len(image) > LONGEST_IMAGE:
        fields.error("image", f"is longer than {LONGEST_IMAGE} characters; write registry/name:tag")


def _check_words(fields: Fields, service: Service) -> None:
    """What stands as names, labels and annotations of Kubernetes' objects."""
    for index, secret in enumerate(service.image_pull_secrets):
        _check(fields, f"image_pull_secrets[{index}]", syntax.check_secret_name, secret)
    for key, value in service.labels.items():
        _check(fields, f"labels.{key}", syntax.check_key, key)
        _check(fields, f"labels.{key}", syntax.check_label, value)
    for key in service.annotations:
        _check(fields, f"annotations.{key}", syntax.check_key, key)
    _check_size(fields, "annotations", service.annotations, syntax.MOST_ANNOTATIONS)


def _check(fields: Fields, name: str, check: Callable[..., None], *values: str) -> None:
    try:
        check(*values)
    except ValueError as error:
        fields.error(name, str(error))


def _check_size(fields: Fields, name: str, values: Mapping[str, Any], most: int) -> None:
    size = sum(len(key.encode()) + len(value.encode()) for key, value in values.items())
    if size > most:
        fields.error(name, f"takes {size} bytes, and {most} fit; move data into the image")
