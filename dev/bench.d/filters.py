"""Lists by filter, counts and searches: one call at a time on one connection, warm caches."""

import statistics

from programs import Server, verdict
from stores import generated

# Target for a first page and for the counts of the large store, in milliseconds.
ASKED = 5
# Values for the dynamic categories.
VALUES = {"tags": "vip", "country": "DE", "language": "en"}


def selected(*selections, query="", **rest):
    return {"filter": {"selections": [{"category": category, "filters": list(filters)}
                                      for category, *filters in selections],
                       "query": query}, **rest}


def catalogue(server):
    """Yields every predefined filter as (category, filter)."""
    for category in server.call("ListFilters", {})["categories"]:
        names = [entry["id"] for entry in category.get("filters", [])]
        for name in names or [VALUES[category["id"]]]:
            yield category["id"], name


def medians(servers, options, calls):
    """Returns milliseconds by call and size: medians of rounds over all calls in turn."""
    found = {name: {count: [] for count in servers} for name in calls}
    for _ in range(options.rounds):
        for name, (method, request) in calls.items():
            for count, server in servers.items():
                found[name][count].append(server.latency(method, request))
    return {name: {count: statistics.median(times) for count, times in row.items()}
            for name, row in found.items()}


def table(servers, title, times, customers):
    print(f"\n{title}")
    for count in servers:
        print(f"  {'':<46}" if count == min(servers) else "", end="")
        print(f"{f'{count:,} customers':>26}", end="")
    print()
    for name, row in times.items():
        print(f"  {name:<46}", end="")
        for count, median in row.items():
            matches = customers.get(name, {}).get(count)
            print(f"{'' if matches is None else f'{matches:,}':>14}{median:9.3f} ms", end="")
        print()


def filters(work, options):
    servers = {count: Server(generated(work, count)) for count in options.sizes}
    try:
        pairs = list(catalogue(next(iter(servers.values()))))
        calls = {f"{category}={name}": ("ListCustomers", selected((category, name)))
                 for category, name in pairs}
        customers = {name: {count: matching(server, request) for count, server in servers.items()}
                     for name, (_, request) in calls.items()}
        times = medians(servers, options, calls)
        table(servers, "First page of each predefined filter, default order: customers, median",
              times, customers)
        large = options.sizes[-1]
        worst = max(times, key=lambda name: times[name][large])
        print(f"  slowest at {large:,}: {worst}, {times[worst][large]:.3f} ms; "
              + verdict(f"under {ASKED} ms", times[worst][large] < ASKED))
        combinations(servers, options)
    finally:
        for server in servers.values():
            server.stop()


def matching(server, request):
    """Returns the number of customers that match a request's filter."""
    return int(server.call("CountCustomers", {"filter": request["filter"]}).get("total", 0))


def combinations(servers, options):
    def call(method, *selections, **rest):
        return method, selected(*selections, **rest)

    facets = "facets of the whole store"
    rare, common = ("orders", "refunded"), ("contact", "has_email")
    calls = {
        facets: call("CountCustomers", facetCategories=["*"]),
        "no filter": call("ListCustomers"),
        "rare AND common (refunded, has_email)": call("ListCustomers", rare, common),
        "two common (has_email, sms never_subscribed)":
            call("ListCustomers", common, ("sms", "never_subscribed")),
        "OR and AND (sms subscribers,suppressed; email)": call(
            "ListCustomers", ("sms", "subscribers", "suppressed"), ("email", "subscribers")),
        "sorted by name": call("ListCustomers", sort="CUSTOMER_SORT_NAME"),
        "sorted by last change": call("ListCustomers", sort="CUSTOMER_SORT_UPDATED"),
        "sorted by last event": call("ListCustomers", sort="CUSTOMER_SORT_LAST_EVENT"),
        "sorted by total spent": call("ListCustomers", sort="CUSTOMER_SORT_TOTAL_SPENT"),
        "search, a fragment of few (005123)": call("ListCustomers", query="005123"),
        "search, a fragment of most (shop.example)": call("ListCustomers", query="shop.example"),
        "facets under a selection (refunded)": call("CountCustomers", rare, facetCategories=["*"]),
        "facets under a selection (has_email)":
            call("CountCustomers", common, facetCategories=["*"]),
    }
    customers = {name: {count: matching(server, request) for count, server in servers.items()}
                 for name, (_, request) in calls.items()}
    times = medians(servers, options, calls)
    table(servers, "Counts, combinations, orders and searches, first page: customers, median",
          times, customers)
    large = options.sizes[-1]
    print(f"  {facets} at {large:,}: {times[facets][large]:.3f} ms; "
          + verdict(f"under {ASKED} ms", times[facets][large] < ASKED))
