/// A row of the audit log as it is stored.
package struct AuditRow: Sendable, Equatable {
  /// The place in the chain: 1, 2, 3, ... without gaps.
  package var sequence: Int64
  /// The store; `*` for every store, empty for none.
  package var store: String
  /// The time of the change, in microseconds since 1970 UTC.
  package var at: Int64
  /// The id of the caller's key; empty for a caller without one, and for the server itself.
  package var keyID: String
  /// The person for whom the caller says that it acts; may be empty.
  package var onBehalfOf: String
  /// The address of the peer, or `uid:` and the user's number on a Unix socket; empty for the
  /// server itself.
  package var peer: String
  /// The raw value of an `AuditAction`, or the action of a later version.
  package var action: String
  /// The texts of the targets, with spaces between them.
  package var targets: String
  /// The code of the status; 0 for what was done.
  package var result: Int64
  /// The id of the call in logs; empty without a call.
  package var requestID: String
  /// 32 bytes; see ``AuditChain``.
  package var hash: [UInt8] = []

  /// Makes a row without its hash.
  package init(
    sequence: Int64,
    store: String,
    at: Int64,
    action: String,
    targets: String,
    result: Int64
  ) {
    self.sequence = sequence
    self.store = store
    self.at = at
    keyID = ""
    onBehalfOf = ""
    peer = ""
    self.action = action
    self.targets = targets
    self.result = result
    requestID = ""
  }
}

/// A place in the chain of the audit log: a row, or the begin of the log.
package struct AuditPlace: Sendable, Equatable {
  /// The sequence of the row; 0 at the begin.
  package var sequence: Int64
  /// The hash of the row: 32 bytes, all zero at the begin.
  package var hash: [UInt8]

  package init(sequence: Int64, hash: [UInt8]) {
    self.sequence = sequence
    self.hash = hash
  }
}
