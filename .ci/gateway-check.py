"""Compares the configurations that can't be run here with what the others do:  gateway-check.py KONG_YAML APISIX_YAML APISIX_CONFIG"""

import re
import sys

import yaml

CODEX = "/codex.thread_store.v1.ThreadStore/"
FORGED = {"Forwarded", "X-Forwarded-For", "X-Forwarded-Ssl"}


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, not {expected!r}")


kong, apisix, apisix_config = (yaml.safe_load(open(file)) for file in sys.argv[1:])

routes = {route["name"]: (service, route) for service in kong["services"] for route in service["routes"]}
same("Kong's routes", {name: route["paths"] for name, (_, route) in routes.items()},
     {"threadstore": ["/threadstore"], "threadstore-inside": ["/threadstore/q"], "codex": [CODEX]})
same("Kong's protocols", {name: service["url"].split(":")[0] for name, (service, _) in routes.items()},
     {"threadstore": "http", "threadstore-inside": "http", "codex": "grpc"})
same("Kong's retries", {service["retries"] for service in kong["services"]}, {0})
rest = routes["threadstore"][1]
same("Kong's buffering", (rest["request_buffering"], rest["response_buffering"], rest["strip_path"]), (False, False, True))
inside = routes["threadstore-inside"][1]["plugins"][0]["config"]
same("Kong's problem", (inside["status_code"], yaml.safe_load(inside["body"])["code"]), (404, "not_found"))
plugins = {plugin["name"]: plugin["config"] for plugin in kong["plugins"]}
same("Kong's plugins", set(plugins), {"pre-function", "correlation-id", "rate-limiting"})
same("headers that end at Kong", {name for name in FORGED if f'"{name}"' in plugins["pre-function"]["rewrite"][0]}, FORGED)

upstreams = {upstream["id"]: upstream for upstream in apisix["upstreams"]}
same("APISIX' upstreams", {name: (upstream["scheme"], upstream["retries"]) for name, upstream in upstreams.items()},
     {"rest": ("http", 0), "grpc": ("grpc", 0)})
same("APISIX' routes", {route["uri"]: route["upstream_id"] for route in apisix["routes"]},
     {"/threadstore/v1/*": "rest", CODEX + "*": "grpc"})
for route in apisix["routes"]:
    headers = route["plugins"]["proxy-rewrite"]["headers"]
    same("headers that end at APISIX", FORGED - set(headers["remove"]) - set(headers["set"]), set())
limits = apisix["global_rules"][0]["plugins"]
same("APISIX' refusals", {limits[name]["rejected_code"] for name in ("limit-req", "limit-conn")}, {429})
same("the end of APISIX' file", open(sys.argv[2]).read().rstrip().endswith("#END"), True)
same("APISIX' environment", set(re.findall(r"\$\{\{(\w+)", open(sys.argv[2]).read())) - set(apisix_config["nginx_config"]["envs"]), set())
print("as it should be")
