internal import Logging
internal import PatronStore
internal import TTRPC

/// The sink that hands the messages of a scan to the stream of its call, and logs its end.
final class StreamSink: ScanSink {
  private let stream: any ServerStream
  private let call: CallContext
  private let start = ContinuousClock.now

  init(_ stream: any ServerStream, _ call: CallContext) {
    self.stream = stream
    self.call = call
  }

  func send(_ message: [UInt8]) -> Bool { stream.send(message) }

  func finish(_ error: (any Error)?) {
    let status = error.map(call.status)
    stream.finish(status)
    let limit: SnapshotLimit? =
      if case .snapshotTooOld(let limit) = error as? StoreError { limit } else { nil }
    let duration = start.duration(to: .now)
    call.errors.log.log(
      level: limit == nil ? .debug : .info,
      "a scan ended",
      metadata: call.marks.metadata.merging([
        "method": "\(call.method)", "code": "\(status?.code ?? .ok)",
        "ms": .stringConvertible(duration.wholeMillis), "reason": "\(limit?.rawValue ?? "none")",
        "conn": .stringConvertible(stream.target.connection), "peer": "\(call.peer.address)",
      ]) { $1 }
    )
  }
}
