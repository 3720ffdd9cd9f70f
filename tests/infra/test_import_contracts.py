"""Import contracts in pyproject.toml refuse forbidden imports, also in future modules."""

import copy
import subprocess
from collections.abc import Iterable
from graphlib import TopologicalSorter
from typing import Any

import grimp
import pytest
from importlinter import Contract, api, configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract

from infra.packaging.packaging_environment import PROJECT

KINDS: dict[str, type[Contract]] = {
    "acyclic_siblings": AcyclicSiblingsContract,
    "forbidden": ForbiddenContract,
    "layers": LayersContract,
}

configuration.configure()
SESSION, CONTRACTS = api.read_configuration(str(PROJECT / "pyproject.toml")).values()
ROOTS: set[str] = set(SESSION["root_packages"])


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """Return the imports of the project."""
    return grimp.build_graph(*sorted(ROOTS), include_external_packages=True, cache_dir=None)


def broken(graph: grimp.ImportGraph) -> list[str]:
    """Return the names of the contracts that this graph violates."""
    return [options["name"] for options in CONTRACTS if not contract(options).check(copy.deepcopy(graph), False).kept]


def contract(options: dict[str, Any]) -> Contract:
    return KINDS[options["type"]](options["name"], SESSION, options)


def with_import(graph: grimp.ImportGraph, importer: str, imported: str) -> grimp.ImportGraph:
    """Return a copy of the graph in which one module, possibly new, imports another one."""
    changed = copy.deepcopy(graph)
    changed.add_import(importer=importer, imported=imported)
    return changed


@pytest.mark.parametrize(
    ("importer", "imported", "reason"),
    [
        ("foundation.clock", "subscriptions.models", "one way"),
        ("subscriptions.services", "notifications.models", "one way"),
        ("config.urls", "infra.run", "one way"),
        ("notifications.new", "tests.support.factories", "one way"),
        ("subscriptions.new", "examples.new", "one way"),
        ("config.new", "benchmarks.bench", "one way"),
        ("subscriptions.signals", "subscriptions.services", "No circles"),
        ("infra.packaging.package", "infra.deployment.deploy", "No circles"),
        ("foundation.orm.new", "foundation.clock", ""),
        ("notifications.outbox.delivery", "subscriptions.services", "Notifications"),
        ("notifications.new", "subscriptions.new", "Notifications"),
        ("notifications.new", "subscriptions", "Notifications"),
        ("notifications.new", "subscriptions.signals", ""),
        ("notifications.new", "subscriptions.models.plan", ""),
        ("notifications.new", "payments.received_money.recording", "Notifications"),
        ("notifications.new", "payments.models.order", ""),
        ("payments.new", "notifications.models", "Imports run one way"),
        ("subscriptions.new", "payments.models", "Imports run one way"),
        ("infra.lambda_local.sandbox.new", "infra.errors", "Lambda"),
        ("infra.lambda_local.new", "infra.new", "Lambda"),
        ("infra.lambda_local.errors", "foundation.clock", "Lambda"),
        ("infra.lambda_local.new", "django", "Lambda"),
        ("infra.local_provider.new", "infra.new", "provider"),
        ("infra.local_provider.new", "infra.lambda_local.account", "provider"),
        ("infra.local_provider.resources.refunds", "payments.models", "provider"),
        ("infra.local_provider.new", "stripe", "provider"),
    ],
)
def test_import_is_refused_by_its_contract(
    imports: grimp.ImportGraph, importer: str, imported: str, reason: str
) -> None:
    found = broken(with_import(imports, importer, imported))
    assert bool(found) == bool(reason), found
    assert any(reason in name for name in found) or not reason, found


def test_every_package_of_the_project_is_under_contract() -> None:
    command = ["git", "ls-files", "*/__init__.py"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
    packages = {path.partition("/")[0] for path in listed if path.count("/") == 1}
    layers, circles, _subscriptions, _payments, alone, provider = CONTRACTS

    assert packages == ROOTS
    assert {name.strip(" ()") for layer in layers["layers"] for name in layer.split("|")} == packages
    assert set(circles["ancestors"]) == packages
    for contract_of in (alone, provider):
        assert packages - {"infra"} <= set(contract_of["forbidden_modules"])


def test_no_file_imports_itself_through_others(imports: grimp.ImportGraph) -> None:
    TopologicalSorter(dict(arrows(imports))).prepare()


def arrows(graph: grimp.ImportGraph) -> Iterable[tuple[str, set[str]]]:
    for module in graph.modules:
        yield module, set(graph.find_modules_directly_imported_by(module))
