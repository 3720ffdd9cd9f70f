"""The signals of a subscription's life.

`sender` is always `subscriptions.services.SubscriptionService`, but for `subscriber_notices`. Receivers take
`**kwargs`: arguments may be added.

Two stages. `subscriptions_transitioned`, `plan_change_planned` and `subscription_restarted` are strict: they run inside
the transaction, and an exception undoes the transition. The others are public: they run once each after the commit,
through `send_robust`, in the order of the transitions, with a `subscription` of their own, as its transition left it. A
receiver that fails is logged by name and stops nothing. What must not be lost belongs into a row that a strict receiver
writes, because receivers of a public signal are not called
- where the process dies just after the commit;
- where the time of a sweep is over: the run counts those subscriptions as `unannounced`. It ends fewer at once where
  the receivers are slow, so that all can be announced as long as 100 of them can;
- where an earlier `on_commit` function of the caller's transaction raises and was not registered with `robust=True`.
"""

from django.dispatch import Signal

subscriptions_transitioned = Signal(use_caching=True)
"""Some subscriptions have made one and the same transition, and the transaction is still open. Strict.

Arguments: `transition` (a `Transition`), `event_ids` (a list of the primary keys of the `SubscriptionEvent`s just
written), `user_ids` (a list, one entry for each event, in no particular order), `now` (datetime, UTC).
Receivers write to this database only, set-based, and take the list as a whole. The users' rows are locked.
"""

subscription_created = Signal(use_caching=True)
"""A user has subscribed. Arguments: `subscription`, `user`, `plan`."""

subscription_renewed = Signal(use_caching=True)
"""A subscription got another period. Arguments: `subscription`, `old_end_date`, `new_end_date` (datetimes, UTC)."""

subscription_cancelled = Signal(use_caching=True)
"""A subscription will end at its `end_date` and give access until then. Arguments: `subscription`, `reason` (str)."""

subscription_reactivated = Signal(use_caching=True)
"""A user resumed a cancelled subscription. Arguments: `subscription`."""

subscription_expired = Signal(use_caching=True)
"""A subscription has ended, by the sweep or by an operator. Arguments: `subscription`.

The sweep loads neither its `user` nor its `plan`: what a receiver asks for is then loaded for the rest of the batch.
"""

subscription_changed = Signal(use_caching=True)
"""A subscription went over to another plan. Arguments: `subscription`, `old_plan`, `new_plan`."""

plan_change_planned = Signal(use_caching=True)
"""A change of plan was planned for the next renewal, or the planned one was undone. Strict, and no transition.

Arguments: `subscription` (locked), `plan` (the next one; None: undone), `actor` (a user or None), `now`.
"""

subscription_restarted = Signal(use_caching=True)
"""One that was cancelled, or has ended, is about to get a period that no order paid for. Strict, and no transition.

Arguments: `subscription` (locked, with the status that it had). The transition `renewed` follows. Resuming is none.
"""

subscriber_notices = Signal()
"""A user opened the list of their subscriptions. Arguments: `user`.

No transition: receivers return a `foundation.web.notices.Notice` or a sentence to be shown above them, translated, or
None. `sender` is None.
"""
