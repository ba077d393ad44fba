package import PatronStore
package import TTRPC

/// A call on its way through the server: its caller, its store and its time. Made once on the I/O
/// thread, after the request is decoded. Handlers on every thread get the same value.
package struct CallContext: Sendable {
  /// The caller, as the gate has verified it.
  package let principal: Principal
  /// The store that the request names.
  package let store: StoreID
  /// The client at the other end of the connection.
  package let peer: Peer
  /// The deadline's distance from ``anchor``, or nil if the caller set no deadline. The layout of
  /// an instant is known at run time only, which would make every copy of a context slow.
  private let deadlineAfterAnchor: Duration?
  /// The unread answers of the connection; nil for a call without one.
  let answers: AnswerAccount?
  /// The id of the call in logs and errors, unique within the process.
  package let id: CallID
  /// The time of the request in microseconds since 1970 UTC.
  package let now: Int64
  /// True if the call may use the reserve of a full disk, because it deletes.
  var usesReserve = false
  /// The person or program on whose behalf the caller calls; empty if it names none. See
  /// ``Author/onBehalfOf``.
  package var onBehalfOf = ""
  /// The mapping of the called method's errors, with the log.
  let errors: CallErrors
  /// The record of a call that waits for a lane.
  var record: CallRecord?

  package init(
    principal: Principal = .anonymous,
    store: StoreID,
    peer: Peer,
    deadline: ContinuousClock.Instant? = nil,
    answers: AnswerAccount? = nil,
    id: CallID,
    now: Int64,
    errors: CallErrors
  ) {
    self.principal = principal
    self.store = store
    self.peer = peer
    deadlineAfterAnchor = deadline.map { Self.anchor.duration(to: $0) }
    self.answers = answers
    self.id = id
    self.now = now
    self.errors = errors
  }

  private static let anchor = ContinuousClock.now

  /// The time at which the caller stops waiting, or nil if it set no deadline.
  package var deadline: ContinuousClock.Instant? {
    deadlineAfterAnchor.map { Self.anchor.advanced(by: $0) }
  }

  /// The called method.
  package var method: Method { errors.method }

  /// The marks of the call in logs and errors.
  var marks: CallMarks {
    record?.marks ?? CallMarks(id: id, keyID: principal.keyID, trace: nil)
  }

  /// Returns the status for an error of this call. Logs an unexpected error under ``id``.
  package func status(of error: any Error) -> RPCError {
    errors.status(of: error, marks)
  }

  /// Returns the context with a record, for a call that waits for a lane.
  func recorded(_ metadata: MetadataView) -> CallContext {
    var context = self
    context.record = CallRecord(
      CallMarks(id: id, keyID: principal.keyID, trace: TraceID(in: metadata))
    )
    return context
  }
}

/// The id of a call in logs and error texts.
package struct CallID: Sendable, Hashable, CustomStringConvertible {
  let number: UInt64

  package init(_ number: UInt64) { self.number = number }

  /// The id as 16 hexadecimal digits.
  package var description: String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
