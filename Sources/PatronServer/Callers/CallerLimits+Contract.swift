package import PatronProto
internal import ProtobufC

extension CallerLimits {
  /// Creates the limits that a store or a key has set; none without them.
  package init(_ limits: CallLimits?) {
    self.init()
    guard let limits else { return }
    callsPerSecond = Int(limits.callsPerSecond)
    writesPerSecond = Int(limits.writesPerSecond)
    bytesPerSecond = Int(limits.bytesPerSecond)
    callsAtOnce = Int(limits.concurrentCalls)
    scansAtOnce = Int(limits.concurrentScans)
  }

  /// Creates the limits of a key from their stored form. What cannot be decoded is no limit.
  init(encoded: [UInt8]?) {
    self.init(encoded.flatMap { try? CallLimits(decoding: $0) })
  }
}
