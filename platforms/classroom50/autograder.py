#!/usr/bin/env python3
"""Classroom 50: grades the submission in the current folder and writes ./result.json.

Copy it to CLASSROOM/autograders/ASSIGNMENT/autograder.py, and set what is below. The course is fetched at one version; the grader of the
release of that name is used where there is one, and built where there is none. The assignment's runtime needs git, a C compiler and
rustup, as GitHub's runners have them.

The exit code is 0 if there is a result; every other one tells Classroom 50 that grading broke down, and nobody gets a zero for it.
"""

import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request

# A copy of the course for students is enough, and can be public. With the whole course, which is not, the cases that need the reference
# answers are graded too; the URL then has to carry a token.
COURSE = os.environ.get("FORKLINGS_COURSE", "https://github.com/ORGANIZATION/COURSE")
VERSION = os.environ.get("FORKLINGS_VERSION", "v1")
# Labs and exercises of the assignment; all if there is none.
NAMES = os.environ.get("FORKLINGS_NAMES", "").split()


def released_grader(folder):
    """The grader of the release, or None."""
    name = f"grader-{platform.machine()}-unknown-linux-gnu.tar.gz"
    packed = os.path.join(folder, name)
    try:
        urllib.request.urlretrieve(f"{COURSE}/releases/download/{VERSION}/{name}", packed)
    except (urllib.error.URLError, ValueError):
        return None
    with tarfile.open(packed) as archive:
        archive.extract("grader", folder)
    return os.path.join(folder, "grader")


def main():
    submission = os.getcwd()
    result = os.path.join(submission, "result.json")
    # Ubuntu refuses namespaces to ordinary users; where this is not allowed, runs are protected less.
    subprocess.run(
        ["sudo", "-n", "sysctl", "--ignore", "--write", "kernel.apparmor_restrict_unprivileged_userns=0"],
        check=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        course = os.path.join(folder, "course")
        subprocess.run(["git", "clone", "--quiet", "--depth=1", f"--branch={VERSION}", COURSE, course], check=True)
        grader = released_grader(folder)
        if grader is None:
            subprocess.run(["cargo", "build", "--quiet", "--locked", "--package", "grader"], cwd=course, check=True)
            grader = os.path.join(course, "target", "debug", "grader")
        arguments = ["submission", submission, *NAMES, "--format", "classroom50", "--output", result]
        for _ in range(3):
            status = subprocess.run([grader, *arguments], cwd=course, check=False).returncode
            # 3: the grader could not work, and another try may help.
            if status != 3:
                break
    return status


if __name__ == "__main__":
    sys.exit(main())
