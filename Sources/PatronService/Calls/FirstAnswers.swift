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

  /// True if the request has an id.
  var isGiven: Bool { !text.isEmpty }

  /// Returns the keyed hash under which the database stores the request. Only this database can
  /// compute it.
  fileprivate func hash(in reader: StoreReader) throws -> [UInt8] {
    try SuppressionReader(reader).authenticate(Array("request".utf8) + digest)
  }
}

/// The stored outcomes of requests with an id. The outcome of a request is stored with its effect,
/// and a repeat of the request gets it again, with the records as they are now. Another request
/// with the same id is refused, because the stored outcome would report something that was not
/// done.
enum FirstAnswers {
  /// The size in bytes from which an outcome is stored without its warnings.
  static let maxOutcomeBytes = 64 << 10

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
  /// appends, which holds no records.
  static func answer(
    _ requestID: RequestID,
    of method: Method,
    in writer: StoreWriter,
    at now: Int64,
    _ response: inout ResponseBuffer,
    _ body: (inout ResponseBuffer) throws -> Void
  ) throws {
    try answer(requestID, of: method, in: writer, at: now, with: RecordFields(), &response) {
      response in
      let start = response.count
      try body(&response)
      return AnswerOutcome(start: start)
    }
  }

  /// Does the same for answers that hold records, in the fields `records`. `body` appends the
  /// records first. Returns the number of bytes of the response before its outcome.
  @discardableResult
  static func answer(
    _ requestID: RequestID,
    of method: Method,
    in writer: StoreWriter,
    at now: Int64,
    with records: RecordFields,
    _ response: inout ResponseBuffer,
    _ body: (inout ResponseBuffer) throws -> AnswerOutcome
  ) throws -> Int {
    guard requestID.isGiven else { return try body(&response).start }
    let hash = try requestID.hash(in: writer.read)
    if let first = try find(requestID, hash, method, writer) {
      if !first.isWhole { try records.append(first, writer.read, to: &response) }
      let start = response.count
      response.append(first.outcome)
      return start
    }
    let outcome = try body(&response)
    let kept = try records.kept(
      [UInt8](copying: response.bytes.extracting(droppingFirst: outcome.start))
    )
    try writer.keep(
      KeptAnswer(
        method: method.name,
        outcome: kept,
        requestHash: hash,
        customers: outcome.customers,
        event: outcome.event
      ),
      of: requestID.text,
      at: now,
      for: ExpiredAnswers.kept
    )
    return outcome.start
  }

  /// Applies the next piece of a batch and returns its part of the response. The outcome of all
  /// pieces so far is stored with each, so a repeat of a request that was interrupted goes on after
  /// them and applies no item twice.
  static func piece<Item, Memory, Response>(
    of pieces: inout BatchPieces<Item, Memory, Response>,
    _ requestID: RequestID,
    of method: Method,
    _ context: WriteContext
  ) throws -> Response {
    guard requestID.isGiven else { return try pieces.applyPiece(in: context) }
    let writer = context.writer
    let hash = try requestID.hash(in: writer.read)
    let first = try find(requestID, hash, method, writer)
    let stored = try first.map { first throws(StoreError) in try Response(stored: first.outcome) }
    let (part, kept) = try pieces.applyPiece(after: stored, in: context)
    if let kept {
      try writer.keep(
        KeptAnswer(method: method.name, outcome: try kept.encoded(), requestHash: hash),
        of: requestID.text,
        at: context.now,
        for: ExpiredAnswers.kept,
        replacing: first != nil
      )
    }
    return part
  }

  /// Returns what is stored for the request. Throws if another request has used the id.
  private static func find(
    _ requestID: RequestID,
    _ hash: [UInt8],
    _ method: Method,
    _ writer: StoreWriter
  ) throws -> KeptAnswer? {
    guard let first = try writer.keptAnswer(of: requestID.text) else { return nil }
    guard first.method == method.name, first.requestHash.isEmpty || first.requestHash == hash
    else { throw DomainError.requestIDReused(first.method) }
    return first
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
