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

  /// Returns the limits in the form of the contract.
  package var message: CallLimits {
    .with {
      $0.callsPerSecond = Int32(clamping: callsPerSecond)
      $0.writesPerSecond = Int32(clamping: writesPerSecond)
      $0.bytesPerSecond = Int64(bytesPerSecond)
      $0.concurrentCalls = Int32(clamping: callsAtOnce)
      $0.concurrentScans = Int32(clamping: scansAtOnce)
    }
  }

  /// Creates the limits of a key from their stored form. What cannot be decoded is no limit.
  init(encoded: [UInt8]?) {
    self.init(encoded.flatMap { try? CallLimits(decoding: $0) })
  }
}
