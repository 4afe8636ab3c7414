"""Does in folders what a container engine does with a Dockerfile, where there is no engine. Needs root. Standard library only.

    dockerfile.py DOCKERFILE CONTEXT ROOT OUT [--cache FOLDER] [--last-stage-from STAGE-FOLDER]
        ROOT, a Debian in a folder, stands for the image of the first FROM and is changed; the last stage becomes the folder OUT.
        With --last-stage-from only the last stage is made; that folder stands for the stage it copies from.
        The answer on standard output: the configuration of the image as JSON (environment, user, entrypoint, health check, ...).

Knows what docker/Dockerfile uses, and refuses anything else: FROM (an image or scratch), COPY, WORKDIR, RUN in shell form with
cache mounts, USER, ENV, EXPOSE, VOLUME, STOPSIGNAL, HEALTHCHECK, ENTRYPOINT and CMD as JSON.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys


class Wrong(Exception):
    pass


def instructions(text):
    """(word, rest) of each: comments out, continued lines joined."""
    lines, joined = [], ""
    for line in text.splitlines():
        if line.lstrip().startswith("#") or (not line.strip() and not joined):
            continue
        joined += line.rstrip()
        if joined.endswith("\\"):
            joined = joined[:-1]
            continue
        lines.append(joined.strip())
        joined = ""
    if joined:
        raise Wrong("the last instruction is continued")
    return [tuple(line.split(None, 1)) for line in lines]


def stages(all_instructions):
    found = []
    for word, rest in all_instructions:
        if word == "FROM":
            match = re.fullmatch(r"(\S+)(?: AS (\S+))?", rest)
            if not match:
                raise Wrong(f"FROM {rest}")
            found.append({"image": match[1], "name": match[2], "steps": []})
        elif not found:
            raise Wrong(f"{word} before FROM")
        else:
            found[-1]["steps"].append((word, rest))
    return found


def in_root(stage, command, mounts):
    """Runs it as RUN does: by the shell, in namespaces that end with it, its cache mounts in place."""
    root = stage["root"]
    binds = "".join(
        f"mkdir -p {shlex.quote(root + target)} && mount --bind {shlex.quote(source)} {shlex.quote(root + target)} && "
        for source, target in mounts)
    inner = f"cd {shlex.quote(stage['folder'])} && {command}"
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                   **stage["config"]["environment"]}
    for name in ("http_proxy", "https_proxy"):
        if name in os.environ:
            environment[name] = os.environ[name]
    subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={root}/proc", "sh", "-c",
                    f"{binds}exec chroot {shlex.quote(root)} /bin/sh -c {shlex.quote(inner)}"],
                   check=True, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def run(stage, rest, cache):
    mounts = []
    while rest.startswith("--"):
        option, rest = rest.split(None, 1)
        match = re.fullmatch(r"--mount=type=cache,target=(/\S+)", option)
        if not match:
            raise Wrong(f"RUN {option}")
        source = os.path.join(cache, match[1].strip("/").replace("/", "-"))
        os.makedirs(source, exist_ok=True)
        mounts.append((source, match[1]))
    if rest.startswith("["):
        raise Wrong("RUN as JSON")
    in_root(stage, rest, mounts)


def copy(stage, rest, context, others):
    words = shlex.split(rest)
    options = {}
    while words[0].startswith("--"):
        name, _, value = words.pop(0).partition("=")
        options[name] = value
    source_root = others[options.pop("--from")] if "--from" in options else context
    owner = options.pop("--chown", "0:0")
    if options or len(words) != 2:
        raise Wrong(f"COPY {rest}")
    source = os.path.join(source_root, words[0].lstrip("/"))
    target = stage["root"] + os.path.join(stage["folder"], words[1])
    if source_root == context:
        copy_context(context, source, target)
    else:
        os.makedirs(target, exist_ok=True)
        for name in sorted(os.listdir(source)):  # who owned it there counts for nothing
            subprocess.run(["cp", "-a", os.path.join(source, name), target], check=True)
            subprocess.run(["chown", "-R", owner, os.path.join(target, name)], check=True)


def copy_context(context, source, target):
    """Without what .dockerignore names: plain names at the top are all it may hold."""
    if os.path.normpath(source) != os.path.normpath(context):
        raise Wrong("COPY of a part of the context")
    lines = (pathlib.Path(context) / ".dockerignore").read_text().splitlines()
    ignored = {line for line in lines if line and not line.startswith("#")}
    if any(re.search(r"[*?/!]", name) for name in ignored):
        raise Wrong(".dockerignore: a pattern")
    os.makedirs(target, exist_ok=True)
    for name in sorted(set(os.listdir(context)) - ignored):
        subprocess.run(["cp", "-a", "--no-preserve=ownership", os.path.join(context, name), target], check=True)


def pairs(rest):
    result = {}
    for word in shlex.split(rest):
        name, equals, value = word.partition("=")
        if not equals:
            raise Wrong(f"ENV {rest}")
        result[name] = value
    return result


def health(rest):
    options, _, command = rest.partition("CMD")
    found = dict(re.findall(r"--([a-z-]+)=(\S+)", options))
    return {"options": found, "command": json.loads(command)}


def perform(stage, word, rest, args, others):
    config = stage["config"]
    if word == "RUN":
        run(stage, rest, args.cache)
    elif word == "COPY":
        copy(stage, rest, args.context, others)
    elif word == "WORKDIR":
        stage["folder"] = rest
        os.makedirs(stage["root"] + rest, exist_ok=True)
    elif word == "USER":
        config["user"] = rest
    elif word == "ENV":
        config["environment"].update(pairs(rest))
    elif word == "HEALTHCHECK":
        config["healthcheck"] = health(rest)
    elif word in ("ENTRYPOINT", "CMD"):
        config[word.lower()] = json.loads(rest)
    elif word in ("EXPOSE", "VOLUME", "STOPSIGNAL"):
        config[word.lower()] = rest
    else:
        raise Wrong(f"unknown instruction {word}")


def build(args):
    all_stages = stages(instructions(pathlib.Path(args.dockerfile).read_text()))
    others = {}
    for stage in all_stages:
        last = stage is all_stages[-1]
        stage.update(folder="/", config={"environment": {}})
        if args.last_stage_from and not last:
            others[stage["name"]] = args.last_stage_from
            continue
        if last:
            if stage["image"] != "scratch":
                raise Wrong("the last stage is not made from nothing")
            shutil.rmtree(args.out, ignore_errors=True)
            os.makedirs(args.out)
            stage["root"] = args.out
        else:
            stage["root"] = args.root
        others[stage["name"]] = stage["root"]
        for word, rest in stage["steps"]:
            print(f"dockerfile.py: {word} {rest[:100]}", file=sys.stderr, flush=True)
            perform(stage, word, rest, args, others)
    return all_stages[-1]["config"]


def main():
    parser = argparse.ArgumentParser()
    for name in ("dockerfile", "context", "root", "out"):
        parser.add_argument(name)
    parser.add_argument("--cache", default="")
    parser.add_argument("--last-stage-from", default="")
    args = parser.parse_args()
    for name in ("context", "root", "out", "cache", "last_stage_from"):
        if getattr(args, name):
            setattr(args, name, os.path.abspath(getattr(args, name)))
    if not args.cache:
        args.cache = args.out + ".cache"
    try:
        print(json.dumps(build(args)))
    except Wrong as wrong:
        sys.exit(f"dockerfile.py: not known here: {wrong}")
    except subprocess.CalledProcessError as failed:
        sys.exit(f"dockerfile.py: ended with {failed.returncode}")


if __name__ == "__main__":
    main()
