"""Checks the base in ops/kubernetes: schemas of Kubernetes, references, the restricted standard.

    kubernetes.py FOLDER

Prints what is wrong, and ends with status 1 then. Needs kubernetes-validate and PyYAML.
"""

import pathlib
import sys

import kubernetes_validate
import yaml

# Kubernetes has no schema for it.
INDEX = "kustomization.yaml"
VERSION = "1.37"


def schemas(name, document):
    """Yields what the schema of the document's kind refuses."""
    try:
        kubernetes_validate.validate(document, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{name}: {'/'.join(map(str, error.path))}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{name}: Kubernetes {VERSION} has no {document['kind']} of {document['apiVersion']}"


def index(folder, names):
    """Yields the differences between the index and the files of the folder."""
    listed = yaml.safe_load((folder / INDEX).read_text(encoding="utf-8"))["resources"]
    for name in sorted(set(listed) ^ set(names)):
        yield f"{INDEX}: {name} is {'missing' if name in listed else 'not listed'}"


def selectors(documents, pod):
    """Yields selectors that do not find the pod."""
    labels = pod["metadata"]["labels"].items()
    for name, document in documents.items():
        spec = document["spec"]
        found = spec.get("podSelector", spec.get("selector"))
        wanted = found.get("matchLabels", found)
        if not wanted.items() <= labels:
            yield f"{name}: the selector {wanted} does not find the pod"


def ports(documents, container):
    """Yields ports that the server does not listen on."""
    known = {entry["name"]: entry["containerPort"] for entry in container["ports"]}
    for port in documents["service.yaml"]["spec"]["ports"]:
        if known.get(port["targetPort"]) != port["port"]:
            yield f"service.yaml: the port {port['port']} is not that of {port['targetPort']}"
    for rule in documents["networkpolicy.yaml"]["spec"]["ingress"]:
        for port in rule["ports"]:
            if port["port"] not in known.values():
                yield f"networkpolicy.yaml: nothing listens on {port['port']}"


def volumes(documents, container):
    """Yields mounts without a volume, and volumes without a mount."""
    spec = documents["statefulset.yaml"]["spec"]
    names = {entry["name"] for entry in spec["template"]["spec"]["volumes"]}
    names |= {entry["metadata"]["name"] for entry in spec["volumeClaimTemplates"]}
    for name in sorted(names ^ {entry["name"] for entry in container["volumeMounts"]}):
        yield f"statefulset.yaml: the volume {name} has no mount, or the mount no volume"


def restricted(pod, container):
    """Yields what the Pod Security Standard `restricted` refuses."""
    shared, own = pod["spec"]["securityContext"], container["securityContext"]
    rules = {
        "runAsNonRoot": shared.get("runAsNonRoot") is True,
        "runAsUser": shared.get("runAsUser", 0) != 0,
        "seccompProfile": shared.get("seccompProfile", {}).get("type") == "RuntimeDefault",
        "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
        "capabilities": own.get("capabilities") == {"drop": ["ALL"]},
        "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True,
        "volumes": {key for volume in pod["spec"]["volumes"] for key in volume} <= {
            "name", "secret", "emptyDir", "configMap"},
    }
    for rule, holds in rules.items():
        if not holds:
            yield f"statefulset.yaml: {rule} is not as the standard `restricted` wants it"


def problems(folder):
    documents = {path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
                 for path in sorted(folder.glob("*.yaml")) if path.name != INDEX}
    for name, document in documents.items():
        yield from schemas(name, document)
    yield from index(folder, documents)
    stateful = documents["statefulset.yaml"]["spec"]
    pod = stateful["template"]
    container = pod["spec"]["containers"][0]
    if stateful["replicas"] != 1:
        yield "statefulset.yaml: a database has one server, so replicas is 1"
    if stateful["serviceName"] != documents["service.yaml"]["metadata"]["name"]:
        yield "statefulset.yaml: serviceName is not the name of the service"
    yield from selectors(documents, pod)
    yield from ports(documents, container)
    yield from volumes(documents, container)
    yield from restricted(pod, container)


def main():
    found = list(problems(pathlib.Path(sys.argv[1])))
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
