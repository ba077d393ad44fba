internal import PatronStore
internal import TTRPC

/// Hands the messages of a scan to the call that asked for it.
final class StreamSink: ScanSink {
  private let stream: any ServerStream
  private let call: CallContext

  init(_ stream: any ServerStream, _ call: CallContext) {
    self.stream = stream
    self.call = call
  }

  func send(_ message: [UInt8]) -> Bool { stream.send(message) }

  func finish(_ error: (any Error)?) { stream.finish(error.map(call.status)) }
}
