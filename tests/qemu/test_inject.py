"""A sample of the injections, spread over all rows; each row is a counted result."""

import os
import sys

import pytest

from conftest import TOP, record

sys.path.insert(0, os.path.join(TOP, "tests", "inject"))

from inject import explanation, name, ranges, run_range  # noqa: E402  (no package)
from rows import ROWS  # noqa: E402

GROUPS = {rows[0].range: rows for rows in ranges(ROWS)}


@pytest.mark.parametrize("group", GROUPS)
def test_an_nmi_at_these_instructions_changes_nothing(request, group):
    rows = GROUPS[group]
    results = run_range(rows, sample=True)
    wrong = ""
    for row, (boundaries, injected, failure) in zip(rows, results):
        why = explanation(row, (boundaries, injected, failure))
        record("%s: %s" % (request.node.nodeid, name(row)), "failed" if why else "passed", why)
        wrong += why
    assert not wrong, wrong
