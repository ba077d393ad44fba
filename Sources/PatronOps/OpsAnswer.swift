import NIOHTTP1
import PatronServer

/// The answer to a request of the operator.
struct OpsAnswer: Sendable {
  var status = HTTPResponseStatus.ok
  var type = "text/plain; charset=utf-8"
  var body: String
  /// True if the client may use other methods on this path: `Allow` is sent.
  var saysMethods = false

  /// The paths, with the answer of each.
  private static let pages = "/metrics, /healthz, /readyz and /status"

  /// Answers the request of a page.
  static func page(_ path: Substring, of state: OpsState) async -> OpsAnswer {
    switch path {
    case "/metrics":
      return OpsAnswer(
        type: "text/plain; version=0.0.4; charset=utf-8",
        body: await MetricsPage.make(of: state)
      )
    case "/healthz":
      if await state.isAlive() { return OpsAnswer(body: "ok\n") }
      return OpsAnswer(
        status: .serviceUnavailable,
        body: "an I/O thread has not answered for 5 seconds\n"
      )
    case "/readyz":
      let reasons = state.status.unreadiness
      guard !reasons.isEmpty else { return OpsAnswer(body: "ready\n") }
      return OpsAnswer(
        status: .serviceUnavailable,
        body: reasons.map { $0 + "\n" }.joined()
      )
    case "/status":
      return OpsAnswer(type: "application/json", body: StatusJSON.text(of: state.status) + "\n")
    default:
      return OpsAnswer(status: .notFound, body: "there is no such page; there are \(pages)\n")
    }
  }

  /// Returns the answer to a request whose head alone is enough to refuse it; nil for others.
  static func refusal(of head: HTTPRequestHead, _ guarding: HostGuard) -> OpsAnswer? {
    guard head.method == .GET || head.method == .HEAD else {
      return OpsAnswer(
        status: .methodNotAllowed,
        body: "only GET and HEAD are answered\n",
        saysMethods: true
      )
    }
    if head.headers.contains(name: "transfer-encoding")
      || head.headers.first(name: "content-length").map({ $0 != "0" }) == true
    {
      return OpsAnswer(status: .badRequest, body: "a request must have no body\n")
    }
    if let reason = guarding.refusal(of: head.headers) {
      return OpsAnswer(status: .forbidden, body: reason + "\n")
    }
    return nil
  }
}
