/// The long part of `--help`.
enum LoadHelp {
  static let discussion = """
    Closed loop (default): each of -c callers sends a request, waits for its answer and sends the \
    next. It finds out how much the server can do. When the server stalls, callers wait and send \
    nothing, so its latencies look better than users would find them.

    Open loop (--rate): requests are sent by a fixed plan whether or not earlier ones were \
    answered, as independent users do. Response time starts when a request was due, so it has in \
    it whatever the server or this program was late; service time starts when the request left. \
    A request that is due while -c calls are in flight is dropped; one that leaves 1 ms or more \
    after its time is late. Both are counted.

    A run always ends: after -n requests, after -z, or after 10 s. Calls that are in flight then \
    are waited for. Control-C ends a run early with its report. Latencies are those of OK answers \
    only; others are counted by code and never hidden. Times beyond a minute count as a minute in \
    percentiles.

    PLACEHOLDERS
      {{random MIN MAX [WIDTH]}}    uniformly random, from MIN to MAX
      {{sequence [START [WIDTH]]}}  START (or 1), then one more for each request,
                                    warm-up included; never the same twice
      {{worker}}                    the caller's number, from 1 to -c
    WIDTH fills up with zeros. Numbers are signed and have 64 bits. A random number depends on the \
    seed, the request's number and the place in the request alone, so a seed repeats a run's \
    requests in the same order, on any number of threads.

    The request is encoded once. Placeholders in string fields are then written straight into the \
    encoded message and the lengths around them anew, for every request, which takes a fraction \
    of a microsecond: values are never drawn from a pool. With a placeholder elsewhere (in a \
    number, a time, bytes, the key of a map) the JSON is read anew for every request, which takes \
    some microseconds.

    EXAMPLES
      Random customers of a generated store, as fast as 16 callers can:
        patron-load GetCustomer -c 16 -z 10s --count-distinct \\
          --data '{"customer":{"externalId":"g{{random 1 1000000 7}}"}}'
      100,000 new customers, durably, each with an address of its own:
        patron-load UpsertCustomer -c 64 -n 100000 --warmup 0 \\
          --data '{"customer":{"email":"l{{sequence}}@example.com"}}'
      What users see at 5,000 reads a second:
        patron-load GetCustomer --rate 5000 -z 30s --data @request.json
      Many calls in flight on few connections, for a script:
        patron-load GetCustomer --connections 4 --in-flight 32 -O json \\
          --data @request.json

    ENVIRONMENT
      PATRON_ADDRESS  the address without --address
      PATRON_STORE    the store without --store

    EXIT STATUS
      0  every request was sent and answered OK
      1  the run could not be made: no connection, unreadable file
      2  the command line is wrong
      3  some answers were not OK, warm-up included, or requests were dropped
    """
}
