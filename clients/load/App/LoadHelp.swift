/// The discussion of `--help`.
enum LoadHelp {
  static let discussion = """
    Closed loop (default): each of -c callers sends a request, waits for its answer and sends the \
    next. It measures the capacity of the server. While the server stalls, callers wait and send \
    nothing, so the latencies look better than users would experience them.

    Open loop (--rate): requests are sent by a fixed plan whether or not earlier ones were \
    answered, as independent users do. Response time starts when a request was due, so it includes \
    every delay of the server and of this program; service time starts when the request was sent. \
    A request that is due while -c calls are in flight is dropped; one that is sent 1 ms or more \
    after its time is late. Both are counted.

    A run always ends: after -n requests, after -z, or after 10 s. It waits for the calls that are \
    then in flight. Control-C ends a run early and prints its report. Latencies are those of OK \
    answers only; other answers are always reported, by code. Percentiles count times above one \
    minute as one minute.

    PLACEHOLDERS
      {{random MIN MAX [WIDTH]}}    uniformly random, from MIN to MAX
      {{sequence [START [WIDTH]]}}  START (or 1), then one more for each request,
                                    warm-up included; never repeated
      {{worker}}                    the caller's number, from 1 to -c
    WIDTH pads with zeros. Numbers are signed and have 64 bits. A random number depends only on \
    the seed, the request's number and the position in the request, so a seed repeats a run's \
    requests in the same order, on any number of threads.

    The request is encoded once. Placeholders in string fields are then written directly into the \
    encoded message, and the lengths around them are updated, which takes a fraction of a \
    microsecond per request: values are never drawn from a pool. With a placeholder elsewhere (in \
    a number, a time, bytes, the key of a map) the JSON is parsed for every request, which takes \
    some microseconds.

    EXAMPLES
      Random customers of a generated store, as fast as 16 callers can:
        patron-load GetCustomer -c 16 -z 10s --count-distinct \\
          --data '{"customer":{"externalId":"g{{random 1 1000000 7}}"}}'
      100,000 new customers, durably, each with an address of its own:
        patron-load UpsertCustomer -c 64 -n 100000 --warmup 0 \\
          --data '{"customer":{"email":"l{{sequence}}@example.com"}}'
      What users experience at 5,000 reads a second:
        patron-load GetCustomer --rate 5000 -z 30s --data @request.json
      A server on a network, with a key that may read:
        patron-load GetCustomer --address tls://patron.example.com:7421 \\
          --allow-remote --key-file key --data @request.json
      Many calls in flight on few connections, for a script:
        patron-load GetCustomer --connections 4 --in-flight 32 -O json \\
          --data @request.json

    ENVIRONMENT
      PATRON_ADDRESS          the address, unless --address is given
      PATRON_STORE            the store, unless --store is given
      PATRON_KEY              the API key, unless --key-file is given; no option
                              takes it, because others can read command lines
      PATRON_KEY_FILE         the file of the API key, without PATRON_KEY
      PATRON_ON_BEHALF_OF     for whom you act
      PATRON_TLS_CA           the CAs that sign servers' certificates
      PATRON_TLS_CLIENT_CERT  the client's certificate
      PATRON_TLS_CLIENT_KEY   the private key of the client's certificate
      PATRON_TLS_SERVER_NAME  the name that the server's certificate must have

    EXIT STATUS
      0  every request was sent and answered OK
      1  the run could not start: no connection, unreadable file, a key that is refused,
         a server that lets none of the first calls in
      2  the command line is wrong
      3  some answers were not OK, warm-up included, or requests were dropped
    """
}
