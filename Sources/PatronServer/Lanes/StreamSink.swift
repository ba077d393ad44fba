internal import PatronStore
internal import TTRPC

/// The sink that hands the messages of a scan to the stream of its call.
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
