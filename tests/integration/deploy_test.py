#!/usr/bin/env python3
"""Holds what services are deployed with against the tools that read it: deploy_test.py SERVICES-FOLDER PROGRAM…
Speaks TAP."""

import os
import re
import subprocess
import sys
import tempfile

import tap
from tap import equal, need

SERVICES = os.path.abspath(sys.argv[1])
PROGRAMS = {os.path.basename(program): os.path.abspath(program) for program in sys.argv[2:]}

# Kubernetes takes a field it does not know for nothing at all: a misspelt one would never be missed.
FIELDS = set("""apiVersion kind metadata name namespace labels spec data replicas strategy type rollingUpdate maxUnavailable
maxSurge selector matchLabels template automountServiceAccountToken terminationGracePeriodSeconds securityContext runAsNonRoot
runAsUser runAsGroup fsGroup seccompProfile containers image ports containerPort envFrom configMapRef env valueFrom
secretKeyRef key optional value startupProbe livenessProbe readinessProbe httpGet path port periodSeconds timeoutSeconds failureThreshold
resources requests limits cpu memory storage allowPrivilegeEscalation readOnlyRootFilesystem capabilities drop volumeMounts
mountPath readOnly volumes emptyDir configMap persistentVolumeClaim claimName accessModes targetPort scaleTargetRef minReplicas
maxReplicas metrics resource target averageUtilization""".split()) | {"app.kubernetes.io/name"}


def deploy(name, *path):
    return os.path.join(SERVICES, name, "deploy", *path)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def units_are_without_mistakes():
    analyze = need("systemd-analyze")
    for name, program in PROGRAMS.items():
        with tempfile.TemporaryDirectory(prefix="units-") as folder:
            def judge(text):
                with open(os.path.join(folder, f"{name}.service"), "w", encoding="utf-8") as file:
                    file.write(text)
                # The exit code is 0 whatever it says.
                return subprocess.run([analyze, "verify", "--man=no", f"./{name}.service", f"./{name}.socket"], cwd=folder,
                                      capture_output=True, text=True, timeout=60, check=False).stderr
            with open(os.path.join(folder, f"{name}.socket"), "w", encoding="utf-8") as file:
                file.write(read(deploy(name, f"{name}.socket")))
            unit = read(deploy(name, f"{name}.service")).replace(f"/usr/local/bin/{name}", program)
            assert judge(unit.replace("Type=notify", "Type=notifi")) != "", "it overlooks a mistake"
            equal(judge(unit), "")
            exposure = subprocess.run([analyze, "security", "--offline=true", "--threshold=20", f"./{name}.service"],
                                      cwd=folder, capture_output=True, text=True, timeout=60, check=False)
            assert exposure.returncode == 0, exposure.stdout
            for line in ("WatchdogSec=10s", "Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "DynamicUser=yes"):
                assert line in unit.splitlines(), f"{name}: {line}"


def manifests_are_put_together():
    kubectl = need("kubectl")
    for name in PROGRAMS:
        for overlay in ("dev", "prod"):
            done = subprocess.run([kubectl, "kustomize", deploy(name, "k8s/overlays", overlay)], capture_output=True, text=True,
                                  timeout=60, check=False)
            equal((done.returncode, done.stderr), (0, ""))
            kinds = re.findall(r"^kind: (\w+)$", done.stdout, re.MULTILINE)
            assert {"ConfigMap", "Deployment", "Service"} <= set(kinds), kinds
            equal("HorizontalPodAutoscaler" in kinds, overlay == "prod" and "type: Recreate" not in done.stdout)
            equal(("RONDEAU_PROFILE: " + overlay) in done.stdout, True)
            for want in ("terminationGracePeriodSeconds: 45", "readOnlyRootFilesystem: true", "runAsNonRoot: true",
                         "path: /readyz", "path: /healthz", "type: RuntimeDefault"):
                assert want in done.stdout, f"{name}, {overlay}: {want}"
            # Without what a ConfigMap holds, which is the service's business.
            fields = re.sub(r"^data:\n(?:  .*\n|\n)*", "", done.stdout, flags=re.MULTILINE)
            unknown = set(re.findall(r"^[ -]*([A-Za-z0-9_./-]+):(?: |$)", fields, re.MULTILINE)) - FIELDS
            equal(unknown, set())


def images_run_as_nobody_and_are_asked_how_they_are():
    for name in PROGRAMS:
        lines = read(deploy(name, "Containerfile")).splitlines()
        for want in ("USER 65532:65532", "STOPSIGNAL SIGTERM", f'ENTRYPOINT ["/usr/local/bin/{name}"]',
                     f'HEALTHCHECK --interval=10s --timeout=3s CMD ["/usr/local/bin/{name}", "--health-check"]'):
            assert want in lines, f"{name}: {want}"
        assert any(line.startswith("ENV RONDEAU_PROFILE=prod") for line in lines), name


def what_is_put_together_is_there():
    """The composed system: its images, settings, databases and routes name what the services have."""
    text = read(deploy("gateway", "compose.yaml"))
    blocks = dict(re.findall(r"^  (\w+):\n((?:    .*\n)+)", text[text.index("services:"):text.index("\nvolumes:")], re.MULTILINE))
    own = {name for name in blocks if name in PROGRAMS}
    equal(set(blocks) - own, {"database", "redis"})
    databases = set(re.findall(r"^create database (\w+);$", read(deploy("gateway", "compose-databases.sql")), re.MULTILINE))
    for name in own:
        block = blocks[name]
        assert f"image: {name}\n" in block and "read_only: true" in block and "cap_drop: [ALL]" in block, name
        for program, setting, url in re.findall(r"^      (\w+?)__([A-Z_]+): (\S+)", block, re.MULTILINE):
            equal(program, name.upper())
            if setting == "DATABASE__URL":
                assert url.rsplit("/", 1)[1] in databases, url
            explained = "`" + setting.lower().replace("__", ".") + "`"
            assert explained in read(os.path.join(SERVICES, name, "README.md")), f"{name} has no {explained}"
    for file in ("gateway.json", "compose-routes.json"):
        done = subprocess.run([PROGRAMS["gateway"], "--check-config"], capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "GATEWAY__ROUTES__FILE": deploy("gateway", file)})
        equal((done.returncode, done.stderr), (0, ""))
    for host in re.findall(r"http://(\w+):8080", read(deploy("gateway", "compose-routes.json"))):
        assert host in own, host


tap.run("deployment", [
    units_are_without_mistakes,
    manifests_are_put_together,
    images_run_as_nobody_and_are_asked_how_they_are,
    what_is_put_together_is_there,
])
