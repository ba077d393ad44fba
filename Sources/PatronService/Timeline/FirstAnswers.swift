internal import PatronModel
internal import PatronStore
internal import TTRPC

/// Requests that carry an id: the first answer is kept with its effect, a repeat gets it again.
enum FirstAnswers {
  /// How long an answer is kept, in microseconds: a day.
  static let kept: Int64 = 24 * 3600 * 1_000_000

  /// Checks a request id; the empty one asks for nothing.
  static func check(_ requestID: String, _ violations: inout Violations) {
    guard !requestID.isEmpty else { return }
    _ = violations.check("request_id") { () throws(RuleError) in
      _ = try ShortText.parse(requestID, limit: 64)
    }
  }

  /// Answers a repeat with what was answered first, or runs `body` and keeps what it appends.
  static func answer(
    _ requestID: String, of method: Method, in writer: StoreWriter, at now: Int64,
    _ response: inout ResponseBuffer, _ body: (inout ResponseBuffer) throws -> Void
  ) throws {
    try answer(requestID, of: method, in: writer, at: now, about: &response) { response in
      try body(&response)
      return []
    }
  }

  /// The same for answers that hold data of customers, whose ids `body` returns, two at most: they
  /// are forgotten when one of these is erased.
  static func answer(
    _ requestID: String, of method: Method, in writer: StoreWriter, at now: Int64,
    about response: inout ResponseBuffer, _ body: (inout ResponseBuffer) throws -> [Int64]
  ) throws {
    guard !requestID.isEmpty else {
      _ = try body(&response)
      return
    }
    if let first = try writer.answer(of: requestID) {
      guard first.method == method.name else {
        throw RPCError.invalid(
          "request_id", "REQUEST_ID_REUSED",
          "The request id was used for \(first.method) before: make a new one for each request.")
      }
      return response.append(first.response)
    }
    let start = response.count
    let customers = try body(&response)
    let answer = response.withUnsafeBytes { Array($0.dropFirst(start)) }
    try writer.keepAnswer(
      answer, of: requestID, method: method.name, about: customers, at: now,
      forgetBefore: now - kept)
  }
}
