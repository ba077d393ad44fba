internal import PatronStore
internal import TTRPC

/// Hands the messages of a scan to the call that asked for it.
final class StreamSink: ScanSink {
  private let stream: any ServerStream
  private let errors: CallErrors

  init(_ stream: any ServerStream, _ errors: CallErrors) {
    self.stream = stream
    self.errors = errors
  }

  func send(_ message: [UInt8]) -> Bool { stream.send(message) }

  func finish(_ error: (any Error)?) { stream.finish(error.map(errors.status)) }
}
