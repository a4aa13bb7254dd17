#!/usr/bin/python3
"""make model: what spin says of each model; a line "ok NAME" or "not ok NAME" each.

    run.py [--exhaustive] [TEXT]    those with TEXT in the name

The first comment of a model names its configurations, one a line:

    CHECK: FLAGS                    must hold
    EXHAUSTIVE: FLAGS               the same, with --exhaustive only: larger
    BROKEN: FLAGS: WORDS            a protection is left out: an error with these words

A broken one gets the flags after "WITH:", where its own do not say otherwise.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = ("latch", "handlers", "stop")
LINE = re.compile(r"^ \* (CHECK|EXHAUSTIVE|WITH|BROKEN): (.*)$", re.MULTILINE)
DEPTH = 50000
MEMORY = {False: 900, True: 6000}       # MiB, one search


def run(command, folder):
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


def search(model, flags, exhaustive):
    """Build and run the verifier; return (what it says, its error or None)."""
    folder = tempfile.mkdtemp(prefix="model-")
    try:
        said = run(["spin", *flags, "-a", os.path.join(HERE, model + ".pml")], folder)
        if said.returncode == 0:
            said = run(["gcc", "-O2" if exhaustive else "-O0", "-w", "-DSAFETY",
                        "-DMEMLIM=%d" % MEMORY[exhaustive], "-o", "pan", "pan.c"], folder)
        if said.returncode != 0:
            return said.stdout, "does not build"
        text = run(["./pan", "-m%d" % DEPTH, "-w20"], folder).stdout
    finally:
        shutil.rmtree(folder)
    error = re.search(r"^pan:1: (.*) \(at depth", text, re.MULTILINE)
    if error:
        return text, error.group(1)
    if "errors: 0" not in text or "Search not completed" in text or "max search depth" in text:
        return text, "not searched to the end"
    return text, None


def holds(model, flags, exhaustive):
    text, error = search(model, flags, exhaustive)
    if error is None:
        states = re.search(r"(\d+) states, stored", text).group(1)
        return "ok %s %s: %s states" % (model, " ".join(flags), states)
    return "%s\nnot ok %s %s: %s" % (text, model, " ".join(flags), error)


def rejected(model, flags, words):
    text, error = search(model, flags, False)
    name = "%s rejects %s" % (model, " ".join(flags))
    if error is not None and words.replace(" ", "") in error.replace(" ", ""):
        return "ok " + name
    return "%s\nnot ok %s: %s instead of %s" % (text, name, error, words)


def broken(given, common):
    """A variant's own flags come first, and win."""
    names = [flag.split("=")[0] for flag in given]
    return given + [flag for flag in common if flag.split("=")[0] not in names]


def tasks(model, exhaustive):
    with open(os.path.join(HERE, model + ".pml")) as file:
        entries = LINE.findall(file.read())
    common = [text for kind, text in entries if kind == "WITH"][0].split()
    for kind, text in entries:
        if kind == ("EXHAUSTIVE" if exhaustive else "CHECK"):
            yield holds, model, text.split(), exhaustive
        elif kind == "BROKEN" and not exhaustive:
            flags, words = text.split(":", 1)
            yield rejected, model, broken(["-D" + flag if not flag.startswith("-D") else flag
                                           for flag in flags.split()], common), words.strip()


def main():
    arguments = sys.argv[1:]
    exhaustive = "--exhaustive" in arguments
    texts = [a for a in arguments if a != "--exhaustive"]
    if shutil.which("spin") is None:
        print("not ok model: no spin here: run make deps (Debian's package spin)")
        return 1
    work = [task for model in MODELS for task in tasks(model, exhaustive)
            if all(t in "%s %s" % (model, " ".join(task[2])) for t in texts)]
    failed = not work
    # One large search at a time: each may take all the memory allowed.
    with concurrent.futures.ThreadPoolExecutor(1 if exhaustive else 2) as pool:
        for done in [pool.submit(*task) for task in work]:
            print(done.result(), flush=True)
            failed |= "\nnot ok" in done.result()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
