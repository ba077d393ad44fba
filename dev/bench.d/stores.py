"""Stores to measure: generated customers with the history of one year in a shop."""

import datetime
import itertools
import sys

from programs import Programs, Server, run

# Version in the names of the marker files: raise it to extend stores of an earlier form.
FORM = 1


def generated(work, count):
    """Returns the data directory of `count` customers, and creates it if it is missing."""
    data = work / f"generated-{count}"
    if not (data / "patron.db").exists():
        print(f"  generating {count:,} customers ...", file=sys.stderr, flush=True)
        run(Programs.path("patrond"), "generate", "--data", data, "--customers", count, "--seed", 1)
    marker = work / f"generated-{count}.form-{FORM}"
    if not marker.exists():
        print(f"  a year in the shop of {count:,} customers ...", file=sys.stderr, flush=True)
        with Server(data, "--synchronous", "off") as server:
            live(server, count)
        marker.touch()
    return data


def live(server, count):
    """Writes orders of the last year, refunds, opt-outs, suppressions, pending opt-ins, reviews,
    loyalty, and customers of every origin: without them most filters match no customer."""
    someone = {"externalId": "g{{random 1 %d 7}}" % count}
    email = {"email": "g{{random 1 %d 7}}@shop.example.com" % count}
    phone = {"phoneNumber": "+1555{{random 1 %d 7}}" % count}

    seeds = itertools.count(1)  # one seed per run, so that each run picks different customers

    def send(method, share, request):
        server.load(method, request, "-c", 64, "--connections", 4, "--warmup", "0s",
                    "--seed", next(seeds), "-n", max(1, int(count * share)), "-z", "1h")

    now = datetime.datetime.now(datetime.timezone.utc)
    for days in (5, 20, 45, 75, 150, 300):
        placed = (now - datetime.timedelta(days=days)).strftime("%Y-%m-%dT12:00:00Z")
        for share, customer in ((0.025, someone),
                                (0.002, {"email": "o%d-{{sequence}}@shop.example.com" % days})):
            key = f"{days}-{share}-{{{{sequence}}}}"
            send("SyncOrder", share, {"customer": customer, "order": {
                "externalId": key, "placedAt": placed, "paymentStatus": "PAYMENT_STATUS_PAID",
                "total": {"currencyCode": "EUR", "minorUnits": str(1000 + 100 * days)}}})
        send("SyncRefund", 0.001, {"orderExternalId": f"{days}-0.025-{{{{sequence}}}}", "refund": {
            "externalId": "r", "refundedAt": placed,
            "amount": {"currencyCode": "EUR", "minorUnits": "500"}}})
    for customer, channel in ((phone, "CHANNEL_SMS"), (email, "CHANNEL_EMAIL")):
        send("UnsubscribeCustomer", 0.02, {"customer": customer, "channels": [channel],
                                           "actor": "ACTOR_CUSTOMER"})
        send("SuppressCustomer", 0.01, {"customer": customer, "channels": [channel]})
    ask_for_confirmation(server, True)
    send("UpsertCustomer", 0.01, {"customer": {
        **someone, "acceptsSmsMarketing": True, "acceptsEmailMarketing": True}})
    ask_for_confirmation(server, False)
    send("UpsertCustomer", 0.01, {"customer": {"email": "u{{sequence}}@shop.example.com"}})
    send("SubscribeCustomer", 0.01, {
        "customer": {"email": "s{{sequence}}@shop.example.com"}, "channels": ["CHANNEL_EMAIL"],
        "evidence": {"source": "welcome_popup"}, "actor": "ACTOR_CUSTOMER"})
    send("ImportCustomers", 0.01, {"items": [
        {"customer": {"email": "i{{sequence}}@shop.example.com"}}]})
    record(send, someone)


def ask_for_confirmation(server, wanted):
    server.call("UpdateStoreSettings", {
        "settings": {"smsDoubleOptIn": wanted, "emailDoubleOptIn": wanted},
        "updateMask": "smsDoubleOptIn,emailDoubleOptIn"})


def record(send, someone):
    """Writes events of reviews, loyalty and a third party."""
    send("RecordEvent", 0.02, {"customer": someone, "event": {
        "eventId": "v{{sequence}}", "source": "EVENT_SOURCE_PRODUCT", "type": "review_created",
        "references": {"reviewId": "v{{sequence}}"},
        "properties": {"score": {"int64Value": "4"}}}})
    send("RecordEvent", 0.02, {"customer": someone, "event": {
        "eventId": "l{{sequence}}", "source": "EVENT_SOURCE_PRODUCT", "type": "loyalty_joined"}})
    send("RecordEvent", 0.01, {
        "customer": {"email": "t{{sequence}}@shop.example.com"},
        "event": {"eventId": "t{{sequence}}", "source": "EVENT_SOURCE_THIRD_PARTY",
                  "sourceName": "helpdesk", "type": "ticket_created"}})
