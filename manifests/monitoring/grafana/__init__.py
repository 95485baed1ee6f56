"""The Grafana dashboards, written with Grafana's own `grafana-foundation-sdk`.

`make dashboards` writes them as JSON to `manifests/monitoring/dashboards`. A file for each
dashboard; `promql` has the queries' common words, `panels` the look, `frame` what all dashboards
have around their rows.
"""
