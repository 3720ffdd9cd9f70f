"""Search of accounts by a part of the user name or e-mail address."""

from django.contrib.auth import get_user_model
from django.db.models import Q

from accounts.search_index import searched_columns
from foundation.admin import LONGEST_LIST
from foundation.orm.key import Key

SHORTEST_PART = 3
"""Characters of a trigram; less would read the whole index."""


def find_by_part(term: str) -> list[Key]:
    """Return the primary keys of up to LONGEST_LIST users whose name or address contains the term, in any case.

    In no order: sorted, PostgreSQL would read all of a frequent part before it shows a page.
    """
    if len(term) < SHORTEST_PART:
        return []
    is_part = Q()
    for column in searched_columns():
        is_part |= Q(**{f"{column}__icontains": term})
    found = get_user_model()._base_manager.filter(is_part).order_by()
    return list(found.values_list("pk", flat=True)[:LONGEST_LIST])
