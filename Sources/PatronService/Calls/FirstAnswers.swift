internal import Crypto
internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

/// The id that a request carries, with the digest that distinguishes a repeat from another request.
struct RequestID: Sendable {
  /// The id; empty if the request has none.
  fileprivate let text: String
  /// The SHA-256 of the request without its id.
  fileprivate let digest: [UInt8]

  /// Returns the keyed hash under which the database stores the request. Only this database can
  /// compute it.
  fileprivate func hash(in reader: StoreReader) throws -> [UInt8] {
    try SuppressionReader(reader).authenticate(Array("request".utf8) + digest)
  }
}

/// The stored first answers to requests with an id. The answer is stored with its effect, and a
/// repeat of the request gets it again. Another request with the same id is refused, because the
/// stored answer would report something that was not done.
enum FirstAnswers {
  /// Checks the id of a request. A request with an empty id is never stored.
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
    return RequestID(text: text, digest: Array(SHA256.hash(data: try request.encoded())))
  }

  /// Appends the stored answer to a repeat; otherwise runs `body` and stores the answer that it
  /// appends.
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

  /// Does the same for answers that hold customers' data. `body` returns the ids of those
  /// customers, at most two. The answer is removed when one of them is erased.
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
    let answer = [UInt8](copying: response.bytes.extracting(droppingFirst: start))
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
  /// Returns the error for an id that another request used. That request may come from another
  /// caller, so the error names only its method.
  fileprivate static func requestIDReused(_ method: String) -> DomainError {
    invalid(
      "request_id",
      "REQUEST_ID_REUSED",
      "The request id was used for another request, of \(method). Nothing was done. Make a new id "
        + "for each request, and reuse it only for exact repeats."
    )
  }
}
