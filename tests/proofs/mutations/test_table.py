"""The table of mutations is up to date. `make mutations` runs their tests."""

import ast
from dataclasses import fields

import pytest

from tests.proofs.gate.rules import ALL
from tests.proofs.mutations.gate import GATE_RULES
from tests.proofs.mutations.mutation import ROOT, Mutation
from tests.proofs.mutations.table import MUTATIONS, PAYMENTS

REQUIRED = {"fence", "intent", "database clock", "single attempt", "unique key"}
ENOUGH = 25
"""Minimum number of rules of payments."""


def test_every_rule_of_the_promise_is_listed() -> None:
    assert {mutation.rule for mutation in MUTATIONS} >= REQUIRED
    assert len({mutation.rule for mutation in PAYMENTS}) >= ENOUGH
    assert len({mutation.rule for mutation in GATE_RULES}) == len(fields(ALL))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.rule)
def test_code_that_is_taken_out_is_there(mutation: Mutation) -> None:
    for part in (mutation, *mutation.further):
        source = (ROOT / part.path).read_text()
        assert part.mutated(source) != source
        ast.parse(part.mutated(source))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.rule)
def test_named_test_exists(mutation: Mutation) -> None:
    for test in mutation.tests:
        path, _, name = test.partition("::")
        functions = {
            node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)
        }
        assert name in functions, test
