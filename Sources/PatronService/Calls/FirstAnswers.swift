internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// The id that a request carries, and what tells a repeat of it from another request.
struct RequestID: Sendable {
  /// Empty asks for nothing.
  fileprivate let text: String
  /// Of the request without the id.
  fileprivate let digest: [UInt8]

  /// The name under which the database keeps the request: only it can make that of one.
  fileprivate func hash(in reader: StoreReader) throws -> [UInt8] {
    try SuppressionReader(reader).authenticate(Array("request".utf8) + digest)
  }
}

/// Requests that carry an id: the first answer is kept with its effect, a repeat gets it again.
/// Another request with the same id is refused: the answer would tell of what was not done.
enum FirstAnswers {
  /// Checks the id of a request; the empty one asks for nothing.
  static func check<Request: Message>(
    _ request: Request,
    _ field: WritableKeyPath<Request, String>,
    _ violations: inout Violations
  ) throws -> RequestID {
    let text = request[keyPath: field]
    guard !text.isEmpty else { return RequestID(text: "", digest: []) }
    _ = violations.check("request_id") { () throws(RuleError) in
      _ = try ShortText.parse(text, limit: 64)
    }
    var request = request
    request[keyPath: field] = ""
    return RequestID(text: text, digest: SHA256.digest(of: try request.encoded()))
  }

  /// Answers a repeat with what was answered first, or runs `body` and keeps what it appends.
  static func answer(
    _ requestID: RequestID,
    of method: Method,
    in writer: StoreWriter,
    at now: Int64,
    _ response: inout ResponseBuffer,
    _ body: (inout ResponseBuffer) throws -> Void
  ) throws {
    try answer(requestID, of: method, in: writer, at: now, about: &response) { response in
      try body(&response)
      return []
    }
  }

  /// The same for answers that hold data of customers, whose ids `body` returns, two at most: they
  /// are forgotten when one of these is erased.
  static func answer(
    _ requestID: RequestID,
    of method: Method,
    in writer: StoreWriter,
    at now: Int64,
    about response: inout ResponseBuffer,
    _ body: (inout ResponseBuffer) throws -> [Int64]
  ) throws {
    guard !requestID.text.isEmpty else {
      _ = try body(&response)
      return
    }
    let hash = try requestID.hash(in: writer.read)
    if let first = try writer.answer(of: requestID.text) {
      guard first.method == method.name, first.requestHash.isEmpty || first.requestHash == hash
      else { throw DomainError.requestIDReused(first.method) }
      return response.append(first.response)
    }
    let start = response.count
    let customers = try body(&response)
    let answer = response.withUnsafeBytes { Array($0.dropFirst(start)) }
    try writer.keepAnswer(
      answer,
      of: requestID.text,
      method: method.name,
      requestHash: hash,
      about: customers,
      at: now,
      forgetBefore: now - ExpiredAnswers.kept
    )
  }
}

extension DomainError {
  /// The id is that of another request, which may have been another's: only the method is named.
  fileprivate static func requestIDReused(_ method: String) -> DomainError {
    invalid(
      "request_id",
      "REQUEST_ID_REUSED",
      "The request id was used for another request before, of \(method). Nothing was done: make a "
        + "new id for each request, and use it again for exact repeats only."
    )
  }
}
