"""Are the compose file and the Kubernetes manifests what the daemon takes? Run by packaging/package-check in a virtual
environment with PyYAML and compose-spec.

    manifests.py compose COMPOSE.yaml DOCKERFILE-CONFIG.json DISCOVERYD
    manifests.py kubernetes MANIFESTS.yaml DISCOVERYD

compose: the file keeps to the compose specification; with the environment of each node DISCOVERYD finds its configuration good,
and all nodes know one another. kubernetes: each ConfigMap's discovery.toml is good with the environment of the pods; what refers
to something else in the file finds it. (That they keep to Kubernetes' schemas is checked by kubernetes-validate.)
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml


def fail(what):
    sys.exit(f"manifests.py: {what}")


def expect(what, holds):
    if not holds:
        fail(f"not so: {what}")


def values_of(binary, environment, folder=None):
    """What the daemon has in force, as text."""
    words = [binary] + (["-conf", folder] if folder else [])
    for flag in ("--check", "--print-config"):
        done = subprocess.run([*words, flag], env=environment, capture_output=True, text=True)
        if done.returncode != 0 or re.search(r"warn", done.stderr, re.I):
            fail(f"{environment}: {done.stdout}{done.stderr}")
    return done.stdout


def check_compose(path, image, binary):
    from compose_spec import PyCompose

    merged = yaml.safe_load(pathlib.Path(path).read_text())  # the library knows no merge keys
    specification = PyCompose.from_yaml(yaml.safe_dump({k: v for k, v in merged.items() if not k.startswith("x-")}))
    specification.validate()
    specification.to_spec()
    nodes = {n: s for n, s in merged["services"].items() if s["image"] == "discoveryd"}
    expect("three nodes and a Prometheus", len(nodes) == 3 and len(merged["services"]) == 4)
    for name, service in nodes.items():
        values = values_of(binary, {**image["environment"], **service["environment"]})
        expect(f"{name} is one of the nodes", f"{name}:7171" in service["environment"]["DISCOVERYD_NODES"].split(","))
        expect(f"{name} says so", f"{name}:7171" == service["environment"]["DISCOVERYD_HTTPSERVER_ADVERTISE"] and f"{name}:7171" in values)
        expect(f"{name} keeps its state in a volume", service["volumes"] == [f"{name}:{image['volume']}"] and name in merged["volumes"])
    for volume in merged["services"]["prometheus"]["volumes"]:
        source = volume.split(":")[0]
        expect(f"{source} exists", not source.startswith(".") or (pathlib.Path(path).parent / source).exists())
    print(f"compose: {len(merged['services'])} services, {len(nodes)} configurations are good")


def environment_of(container, pod):
    """As the kubelet makes it."""
    environment = {}
    for variable in container["env"]:
        if "valueFrom" in variable:
            expect("only the name of the pod is asked for", variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name")
            environment[variable["name"]] = pod
        else:
            environment[variable["name"]] = re.sub(r"\$\((\w+)\)", lambda m: environment[m[1]], variable["value"])
    return environment


def check_set(found, binary):
    (stateful,) = found["StatefulSet"].values()
    spec, name = stateful["spec"], stateful["metadata"]["name"]
    pod = spec["template"]
    headless = found["Service"][spec["serviceName"]]["spec"]
    expect("its service is headless and names pods before they are ready",
           headless["clusterIP"] == "None" and headless["publishNotReadyAddresses"])
    selectors = [s["spec"]["selector"] for s in found["Service"].values()]
    selectors += [b["spec"]["selector"]["matchLabels"] for b in found["PodDisruptionBudget"].values()]
    for selector in [*selectors, spec["selector"]["matchLabels"]]:
        expect("what selects pods finds these", selector.items() <= pod["metadata"]["labels"].items())
    container = pod["spec"]["containers"][0]
    mounted = {m["name"] for m in container["volumeMounts"]}
    offered = {v["name"] for v in pod["spec"].get("volumes", [])}
    offered |= {c["metadata"]["name"] for c in spec.get("volumeClaimTemplates", [])}
    expect(f"what is mounted is there: {mounted} of {offered}", mounted == offered)
    (config,) = [v["configMap"]["name"] for v in pod["spec"]["volumes"] if "configMap" in v]
    text = found["ConfigMap"][config]["data"]["discovery.toml"]
    image = {"DISCOVERYD_HTTPSERVER_ADDR": ":7171", "DISCOVERYD_CLUSTER_DATA_DIR": "/var/lib/discoveryd/data"}
    for i in range(spec["replicas"]):
        with tempfile.TemporaryDirectory() as folder:
            for file, content in found["ConfigMap"][config]["data"].items():
                (pathlib.Path(folder) / file).write_text(content)
            environment = {**image, **environment_of(container, f"{name}-{i}")}
            environment.pop("DISCOVERYD_ADMIN_TOKEN_FILE", None)  # of a Secret that is not here
            values_of(binary, environment, folder)
        address = environment["DISCOVERYD_HTTPSERVER_ADVERTISE"]
        expect(f"pod {i} is one of the nodes", f'"{address}"' in text)
        expect(f"pod {i} has a name of the service", address.startswith(f"{name}-{i}.{spec['serviceName']}."))
    return spec["replicas"]


def check_kubernetes(path, binary):
    found = {}
    for document in yaml.safe_load_all(pathlib.Path(path).read_text()):
        if document:
            found.setdefault(document["kind"], {})[document["metadata"]["name"]] = document
    count = check_set(found, binary)
    print(f"kubernetes: {sum(map(len, found.values()))} objects, {count} configurations are good")


def main():
    if sys.argv[1] == "compose":
        check_compose(sys.argv[2], json.loads(pathlib.Path(sys.argv[3]).read_text()), sys.argv[4])
    else:
        check_kubernetes(sys.argv[2], sys.argv[3])


if __name__ == "__main__":
    main()
