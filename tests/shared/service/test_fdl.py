"""FDL: whole documents, single services, and every error in one pass with its path."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.service import fdl
from shared.service.documents import dump_json
from shared.service.model import Expose, RateLimit, Timeouts

DOCUMENT = """
functions:
  oscar:
  - oscar-cluster:
     name: body-pose-detection
     memory: 2Gi
     cpu: '1.0'
     image: deephdc/deep-oc-posenet-tf
     script: script.sh
     environment:
        Variables:
          INPUT_TYPE: json
     expose:
      min_scale: 1
      max_scale: 10
      api_port: 5000
      cpu_threshold: 20
      set_auth: true
     input:
     - storage_provider: minio.default
       path: body-pose-detection/input
  - oscar-cluster:
     name: nginx
     image: nginx
     script: other.sh
     expose:
      min_scale: 2
      api_port: 80
"""


def script(name: str) -> str:
    return f"content of {name}"


def minimal(**expose: Any) -> dict[str, Any]:
    return {"name": "n", "image": "i", "script": "s", "expose": {"api_port": 5000} | expose}


def problems(data: Any) -> tuple[str, ...]:
    with pytest.raises(fdl.FdlError) as caught:
        fdl.parse_service(data)
    return caught.value.problems


def test_document_of_two_services() -> None:
    pose, nginx = fdl.parse_document(DOCUMENT, script)
    assert pose.cluster == "oscar-cluster"
    assert pose.service.script == "content of script.sh"
    assert pose.service.environment.variables == {"INPUT_TYPE": "json"}
    assert pose.service.expose == Expose(
        api_port=(5000,), min_scale=1, max_scale=10, cpu_threshold=20, set_auth=True
    )
    assert pose.service.extra["input"][0]["path"] == "body-pose-detection/input"
    assert nginx.service.expose == Expose(api_port=(80,), min_scale=2)


def test_every_error_of_a_document_with_its_path() -> None:
    wrong = DOCUMENT.replace("min_scale: 2", "min_scale: 5\n      max_scale: 3").replace(
        "cpu_threshold: 20", "cpu_threshold: many"
    )
    with pytest.raises(fdl.FdlError) as caught:
        fdl.parse_document(wrong.replace("name: nginx", "name: Nginx_"), script)
    first, second, third = caught.value.problems
    assert first == "functions.oscar[0].expose.cpu_threshold: 'many' is not a whole number"
    assert second == "functions.oscar[1].expose.max_scale: 3 is below min_scale 5"
    assert third.startswith("functions.oscar[1].name: 'Nginx_' cannot name a service; use 1 to 39")


def test_script_that_cannot_be_read() -> None:
    def missing(name: str) -> str:
        raise FileNotFoundError(2, "No such file or directory", name)

    with pytest.raises(fdl.FdlError) as caught:
        fdl.parse_document(DOCUMENT, missing)
    assert caught.value.problems[0] == (
        "functions.oscar[0].script: cannot read 'script.sh': No such file or directory; "
        "the path counts from the FDL file, and a text is a script only if it has a line break"
    )


@pytest.mark.parametrize("text", ["", "[]", "functions: {}", "functions: {oscar: {}}", "a: [b"])
def test_no_document(text: str) -> None:
    with pytest.raises(fdl.FdlError):
        fdl.parse_document(text, script)


def test_names_are_unique_in_a_document() -> None:
    with pytest.raises(fdl.FdlError, match="is also the name of") as caught:
        fdl.parse_document(DOCUMENT.replace("name: nginx", "name: body-pose-detection"), script)
    assert len(caught.value.problems) == 1


def test_all_of_expose() -> None:
    service = fdl.parse_service(
        minimal(
            api_port=[5000, 5001],
            min_scale=2,
            max_scale=4,
            cpu_threshold=50,
            rewrite_target=True,
            NodePort=[30001, 0],
            default_command=True,
            auth_type="Forward",
            health_path="ready",
            probe_mode="direct",
            timeouts={"first_byte": 10, "idle": 2.5},
            startup_timeout="1m0.5s",
            grace=45,
            protocol="H2C",
            concurrency=3,
            affinity=True,
            rate_limit={"requests": "90/m", "in_flight": 2},
            scaling={"policy": "hpa"},
        )
    ).service
    assert service.expose == Expose(
        api_port=(5000, 5001),
        min_scale=2,
        max_scale=4,
        cpu_threshold=50,
        rewrite_target=True,
        node_port=(30001, 0),
        default_command=True,
        auth_type="forward",
        health_path="/ready",
        probe_mode="direct",
        timeouts=Timeouts(first_byte=10, idle=2.5),
        startup_timeout=61,
        grace=45,
        protocol="h2c",
        concurrency=3,
        affinity=True,
        rate_limit=(RateLimit(requests=90, period=60, in_flight=2),),
        scaling={"policy": "hpa"},
    )


@pytest.mark.parametrize("image", [" x ", "x y", "x\n", "x\u00a0"])
def test_an_image_holds_no_blanks(image: str) -> None:
    assert problems(minimal() | {"image": image})[0].startswith("image: ")
    assert fdl.load_definition("name: n\nimage: x y\n").image == "x y"


def test_a_pull_secret_counts_once() -> None:
    parsed = fdl.parse_service(minimal() | {"image_pull_secrets": ["a", "b", "a"]})
    assert parsed.service.image_pull_secrets == ("a", "b")


def test_zeros_of_clients_in_go_are_what_was_left_out() -> None:
    """Go writes the zero of a field that nobody set; before OSCAR 4.1 for ports too."""
    zeros = {"min_scale": 0, "max_scale": 0, "cpu_threshold": 0, "nodePort": 0, "set_auth": True}
    parsed = fdl.parse_service(minimal(**zeros))
    assert parsed.service.expose == Expose(api_port=(5000,), set_auth=True)
    assert parsed.warnings == ()


def test_a_minimum_of_zero_that_somebody_wrote_is_told() -> None:
    parsed = fdl.parse_service(minimal(min_scale=0, max_scale=3))
    assert parsed.service.expose == Expose(api_port=(5000,), max_scale=3)
    assert parsed.warnings == (
        "expose.min_scale: 0 is taken for the default, 1; for 0 replicas "
        "while nobody asks set scaling.zero_after",
    )


def test_who_has_set_zero_after_is_not_told_of_it() -> None:
    parsed = fdl.parse_service(minimal(min_scale=0, max_scale=3, scaling={"zero_after": "10m"}))
    assert parsed.warnings == ("expose.min_scale: 0 is taken for the default, 1",)


def test_a_zero_in_a_list_chooses_a_node_port() -> None:
    expose = fdl.parse_service(minimal(nodePort=[0])).service.expose
    assert expose is not None
    assert expose.node_port == (0,)


@pytest.mark.parametrize("alias", ["NodePort", "nodePort", "node_port"])
def test_node_port_aliases(alias: str) -> None:
    expose = fdl.parse_service(minimal(**{alias: 30500})).service.expose
    assert expose is not None
    assert expose.node_port == (30500,)


def test_port_is_an_alias_of_api_port() -> None:
    body = minimal() | {"expose": {"port": 8000}}
    expose = fdl.parse_service(body).service.expose
    assert expose is not None
    assert expose.api_port == (8000,)
    assert problems(minimal(port=8000)) == (
        "expose.port: differs from api_port, which means the same; give one of them",
    )


@pytest.mark.parametrize(
    ("expose", "problem"),
    [
        ({"api_port": [80, 0]}, "api_port[1]: 0 is below 1, the least allowed"),
        ({"api_port": -1}, "api_port: -1 is below 1, the least allowed"),
        ({"api_port": False}, "api_port: false is not a whole number"),
        (
            {"api_port": None, "api_prt": 80},
            "api_port: is missing; did you mean it by api_prt?",
        ),
        ({"api_port": 70000}, "api_port: 70000 is above 65535, the most allowed"),
        ({"api_port": True}, "api_port: true is not a whole number"),
        ({"api_port": [80, 80]}, "api_port: names a port twice"),
        (
            {"api_port": [80, 81], "NodePort": [30001, 30001]},
            "NodePort: names a port twice; each port of a node leads to one",
        ),
        (
            {"api_port": list(range(1, 102))},
            "api_port: names more than 100 ports, the most exposed",
        ),
        ({"health_path": "/" + "a" * 2048}, "health_path: is longer than 2048 characters"),
        ({"min_scale": -1}, "min_scale: -1 is below 0, the least allowed"),
        ({"max_scale": 1.5}, "max_scale: 1.5 is not a whole number"),
        ({"min_scale": 12}, "max_scale: 10 is below min_scale 12"),
        ({"cpu_threshold": -1}, "cpu_threshold: -1 is below 0, the least allowed"),
        ({"set_auth": "maybe"}, "set_auth: 'maybe' is not a switch; write true or false"),
        ({"NodePort": 80}, "NodePort: 80 is below 30000, the least allowed; [0] chooses a port"),
        (
            {"NodePort": [30001, 30002]},
            "NodePort: the length of NodePort (2) must be equal to that of api_port (1)",
        ),
        (
            {"NodePort": 30001, "scaling": {"zero_after": "10m"}},
            "scaling.zero_after: cannot be had with NodePort: requests at the node port pass by "
            "the gateways, so nobody sees that the service is in use, and nobody would wake it; "
            "take one of them out",
        ),
        (
            {"scaling": {"zero_after": "never"}},
            "scaling.zero_after: 'never' is not a duration; write for example 15s, 1m30s or 0.5; "
            "none keeps it awake",
        ),
        (
            {"scaling": {"zero_after": "1ms"}},
            "scaling.zero_after: 1ms is outside 1s to 2592000s; none keeps it awake",
        ),
        ({"scaling": {"wake_to": 11}}, "scaling.wake_to: 11 is above max_scale 10"),
        ({"auth_type": "digest"}, "auth_type: 'digest' is not one of basic, forward"),
        ({"timeouts": {"idle": -1}}, "timeouts.idle: -1.0 is below 0.0, the least allowed"),
        ({"startup_timeout": "25h"}, "startup_timeout: 25h is outside 1s to 86400s"),
        ({"timeouts": {"wake": "10m"}}, "timeouts.wake: '10m' is not a number of seconds"),
        (
            {"scaling": {"zero_after": True}},
            "scaling.zero_after: is no duration; write for example 10m, or none",
        ),
        ({"grace": 4}, "grace: 4 is outside 5s to 86400s"),
        (
            {"scaling": {"policy": "hpa", "cpu": False}},
            "scaling.cpu: false leaves policy hpa nothing to scale by; use policy: responsive",
        ),
        ({"timeouts": 3}, "timeouts: 3 is not a mapping of fields"),
        ({"scaling": []}, "scaling:  is not a mapping"),
    ],
)
def test_errors_of_expose(expose: dict[str, Any], problem: str) -> None:
    found = problems(minimal(**expose))
    assert len(found) == 1
    assert found[0].replace(" []", " ") == f"expose.{problem}"


def test_warnings() -> None:
    parsed = fdl.parse_service(minimal(NodePort=30001, set_auth=True, max_scal=3))
    assert parsed.warnings == (
        "expose.NodePort: the node port bypasses authentication: "
        "set_auth guards the gateway's path alone",
        "expose.max_scal: unknown field is ignored; did you mean max_scale?",
    )


@pytest.mark.parametrize("name", ["", "A", "1a", "a-", "-a", "a.b", "a/b", "a" * 40, "ä", "a\n"])
def test_names_refused(name: str) -> None:
    assert problems(minimal() | {"name": name})[0].startswith("name: ")


def test_missing_fields_all_at_once() -> None:
    found = problems({"expose": {"api_port": 1}})
    assert {line.split(":")[0] for line in found} == {"name", "image", "script"}


@pytest.mark.parametrize("field", ["cpu", "memory"])
@pytest.mark.parametrize("text", ["0", "-1", "1 Gi", "x", "1e999"])
def test_quantities_refused(field: str, text: str) -> None:
    assert problems(minimal() | {field: text})[0].startswith(f"{field}: ")


def test_a_number_is_a_quantity() -> None:
    assert fdl.parse_service(minimal() | {"cpu": 1.5}).service.cpu == "1.5"


def test_json_round_trip_keeps_what_we_do_not_use() -> None:
    body = minimal() | {"input": [{"path": "a", "options": {"n": 1}}], "vo": "x", "token": "t"}
    service = fdl.parse_service(json.loads(json.dumps(body))).service
    answer = json.loads(dump_json(fdl.to_json(service)))
    assert answer["input"] == body["input"]
    assert answer["vo"] == "x"
    assert "token" not in answer
    assert answer["expose"]["api_port"] == [5000]
    assert fdl.parse_service(answer).service == service


def test_definition_holds_neither_script_nor_secrets() -> None:
    body = minimal() | {"environment": {"secrets": {"KEY": "hidden"}}}
    text = fdl.dump_definition(fdl.parse_service(body).service)
    assert "hidden" not in text
    assert "script:" not in text
    assert list(fdl.load_definition(text).environment.secrets) == ["KEY"]


@given(
    st.dictionaries(
        st.sampled_from(["api_port", "min_scale", "cpu_threshold", "set_auth", "timeouts", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
            max_leaves=4,
        ),
    )
)
def test_anything_is_a_service_or_a_clear_error(expose: dict[str, Any]) -> None:
    try:
        parsed = fdl.parse_service({"name": "n", "image": "i", "script": "s", "expose": expose})
    except fdl.FdlError as error:
        unclear = [line for line in error.problems if ": " not in line]
        assert not unclear
    else:
        again = fdl.load_definition(fdl.dump_definition(parsed.service))
        assert again.expose == parsed.service.expose


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX-Injected: 1", "/ä"])
def test_a_health_path_is_a_path_of_a_url(path: str) -> None:
    with pytest.raises(fdl.FdlError, match=r"expose\.health_path: is no path of a URL"):
        fdl.parse_service(
            {
                "name": "one",
                "image": "image",
                "script": "run",
                "expose": {"api_port": 80, "health_path": path},
            }
        )


@pytest.mark.parametrize("off", ["none", 0, "0", "0s", "", None])
def test_a_service_that_never_sleeps_may_have_a_node_port(off: object) -> None:
    parsed = fdl.parse_service(minimal(NodePort=30001, scaling={"zero_after": off}))
    assert parsed.warnings == ()


@pytest.mark.parametrize(
    ("expose", "told"),
    [
        ({"cpu_threshold": 120, "scaling": {"policy": "hpa"}}, "replicas will never grow"),
        ({"cpu_threshold": 120, "scaling": {"policy": "responsive"}}, "aims at their limit"),
        ({"cpu_threshold": 120}, "under policy hpa replicas would never grow"),
        ({"scaling": {"policy": "hpa", "hold": "1m"}}, "expose.scaling.hold: has no effect under"),
        ({"scaling": {"hpa": {"container": "x"}}}, "unless the scaler's configuration sets"),
        ({"scaling": {"cpu": False}, "NodePort": 30001}, "expose.scaling.cpu: false leaves"),
    ],
)
def test_warnings_of_scaling_follow_the_policy(expose: dict[str, Any], told: str) -> None:
    (warning,) = fdl.parse_service(minimal(**expose)).warnings
    assert told in warning
    assert ("never grow" in warning) == ("never grow" in told)
