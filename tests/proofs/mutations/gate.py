"""Rules of the gate, in the order of `tests.proofs.gate.rules`."""

from tests.proofs.mutations.mutation import Mutation

FLOWS = "tests/flows/gate/test_writers.py::"
JOBS = "tests/flows/gate/test_gated_jobs.py::"
STORE = "tests/foundation/test_gate_store.py::"
GATE = "foundation/gate.py"
LOCKING = """        self._is_open = True  # for the statement that takes the lock
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(TAKE_LOCK, [LOCK])
        except BaseException:
            self._is_open = False
            raise
"""
IN_FLIGHT = f"{FLOWS}test_writer_in_flight_keeps_the_gate_open_until_its_session_ends"

GATE_RULES = (
    Mutation(
        "opened before the commit",
        GATE,
        "            self._open()\n        return execute",
        "            self._connection.on_commit(self._open)\n        return execute",
        (IN_FLIGHT,),
    ),
    Mutation(
        "locked before opening",
        GATE,
        f"{LOCKING}        self._is_open = open_gate() or self._is_last_try",
        f"        opened = open_gate()\n{LOCKING}        self._is_open = opened or self._is_last_try",
        (f"{FLOWS}test_lock_is_held_when_the_gate_opens",),
    ),
    Mutation(
        "locked until the commit",
        GATE,
        '"SELECT pg_advisory_lock_shared(%s)"',
        '"SELECT pg_advisory_lock_shared(k), pg_advisory_unlock_shared(k) FROM (SELECT %s::bigint AS k) AS keys"',
        (IN_FLIGHT,),
    ),
    Mutation(
        "opened entirely",
        "foundation/gate_store.py",
        '":none": {"M": {}}',
        '":none": {"M": {"sweep": {"N": "4102444800"}}}',
        (f"{STORE}test_opening_removes_all_markers_and_changes_the_token", IN_FLIGHT),
    ),
    Mutation(
        "closed on a condition",
        "foundation/gate_store.py",
        'NAMES, "#token = :token")',
        'NAMES, "#token = :token OR #token <> :token")',
        (
            f"{STORE}test_gate_that_was_opened_meanwhile_is_not_closed",
            f"{FLOWS}test_writer_that_opens_while_the_gate_closes_keeps_it_open",
        ),
    ),
    Mutation(
        "compared by token",
        "foundation/gate_store.py",
        "str(uuid4())",
        '"open"',
        (
            f"{STORE}test_opening_removes_all_markers_and_changes_the_token",
            f"{FLOWS}test_writer_that_opens_while_the_gate_closes_keeps_it_open",
        ),
    ),
    Mutation(
        "token read first",
        GATE,
        "closed = store().close(token, markers)",
        "closed = store().close(store().read().token, markers)",
        (f"{FLOWS}test_writer_that_opens_while_the_gate_closes_keeps_it_open",),
    ),
    Mutation("writers awaited", GATE, "if _has_writers(connection):", "if False:", (IN_FLIGHT,)),
    Mutation(
        "counted last",
        GATE,
        "    if _has_writers(connection):\n",
        "    counted = next_instants(now)\n    if _has_writers(connection):\n",
        (f"{FLOWS}test_row_that_commits_just_before_the_look_is_counted",),
        (Mutation("counted last", GATE, "in next_instants(now).items()", "in counted.items()", ()),),
    ),
    Mutation(
        "fails open",
        GATE,
        'logger.warning("gate not asked; the job runs", extra={"reason": str(error)})\n        return False',
        'logger.warning("gate not asked; the job runs", extra={"reason": str(error)})\n        return True',
        ("tests/flows/gate/test_store_faults.py::test_jobs_are_no_later_where_the_store_fails",),
    ),
    Mutation(
        "opens ahead",
        GATE,
        "now + settings.GATE_AHEAD < due",
        "now < due",
        (f"{JOBS}test_database_is_woken_ahead_of_an_end",),
    ),
    Mutation(
        "asked by a write",
        "foundation/gate_store.py",
        'return self._updated("SET asked_at = :now", {":now": _number(now)})',
        'return _item(self._call("GetItem", {}).get("Item", {}))',
        (f"{STORE}test_question_writes_when_it_was_asked",),
    ),
)
