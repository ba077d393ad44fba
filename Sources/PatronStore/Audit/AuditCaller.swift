package import PatronModel

/// The caller that the audit log names in the rows of a job. Its texts are made only for a row.
package struct AuditCaller: Sendable {
  /// The caller's key; nil for a caller without one.
  package let keyID: KeyID?
  /// See ``Author/onBehalfOf``.
  package let onBehalfOf: String
  /// The address of the peer.
  package let peer: String
  /// The user of a peer on a Unix socket, which is named instead of its address.
  package let userID: UInt32?
  /// The number of the call; nil without one.
  package let requestID: UInt64?
  /// The time of the call, in microseconds since 1970 UTC; nil for the time of the row.
  package let at: Int64?

  /// True if the caller has a key or names a person.
  package var isKnown: Bool { keyID != nil || !onBehalfOf.isEmpty }

  /// The server itself, which completes interrupted work.
  package static let server = AuditCaller()

  private init() {
    keyID = nil
    onBehalfOf = ""
    peer = ""
    userID = nil
    requestID = nil
    at = nil
  }

  package init(
    keyID: KeyID?,
    onBehalfOf: String,
    peer: String,
    userID: UInt32? = nil,
    requestID: UInt64? = nil,
    at: Int64? = nil
  ) {
    self.keyID = keyID
    self.onBehalfOf = onBehalfOf
    self.peer = peer
    self.userID = userID
    self.requestID = requestID
    self.at = at
  }
}

extension AuditRow {
  /// Names the caller in the row, with the time of its call.
  mutating func name(_ caller: AuditCaller) {
    keyID = caller.keyID?.text ?? ""
    onBehalfOf = caller.onBehalfOf
    peer = caller.userID.map { "uid:\($0)" } ?? caller.peer
    requestID = caller.requestID.map(Self.hex) ?? ""
    if let time = caller.at { at = time }
  }

  /// Returns the number of a call as logs and errors show it: 16 hexadecimal digits.
  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
