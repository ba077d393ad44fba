import NIOCore
import NIOPosix
package import TTRPC

/// A dispatcher and a client of it without a socket.
///
/// A unary call passes everything from the encoded request to the encoded response, on a loop as
/// under a server, and metadata. It passes no frames, deadlines, cancellation or retries: tests of
/// these take a ``LocalServer``, and so do streams.
///
/// `@unchecked Sendable`: the variables are used on `eventLoop` only.
package final class InProcessServer: ClientChannel, ServerLoop, @unchecked Sendable {
  private typealias Call = CheckedContinuation<Result<[UInt8], RPCError>, Never>

  /// No server numbers its connections so high: lanes know calls by connection and stream.
  private static let connection = UInt64.max

  /// A point reader belongs to one thread, which a queue does not have.
  private let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
  private let maxAnswerBytes: Int
  private var dispatcher: (any CallDispatcher)?
  /// The indices of the methods, by service and name.
  private var methods: [String: Int] = [:]
  /// The calls that wait for their answers, by stream.
  private var pending: [UInt32: Call] = [:]
  private var lastStream: UInt32 = 0

  /// Creates a server. `makeDispatcher` is called once, on its loop.
  package init(
    limits: Limits,
    _ makeDispatcher: @escaping @Sendable (any ServerLoop) -> any CallDispatcher
  ) {
    maxAnswerBytes = limits.answerBytes
    wait {
      let dispatcher = makeDispatcher(self)
      self.methods = Dictionary(
        uniqueKeysWithValues: zip(dispatcher.methods.map(\.description), 0...)
      )
      self.dispatcher = dispatcher
    }
  }

  /// Releases the dispatcher. Calls that wait for their answers, and later ones, fail with
  /// UNAVAILABLE.
  package func close() {
    wait {
      self.dispatcher = nil
      for call in self.pending.values { call.resume(returning: .failure(Self.closed)) }
      self.pending.removeAll()
    }
  }

  /// Runs `work` on the loop, and waits for its end.
  private func wait(for work: @escaping @Sendable () -> Void) {
    do {
      try eventLoop.submit(work).wait()
    } catch {
      preconditionFailure("work that cannot fail failed: \(error)")
    }
  }

  /// Runs a unary call on the loop.
  package func unary(
    _ method: Method,
    _ request: [UInt8],
    _ options: CallOptions
  ) async throws(RPCError) -> [UInt8] {
    let result = await withCheckedContinuation { (call: Call) in
      eventLoop.execute { self.run(method, request, options.metadata, call) }
    }
    return try result.get()
  }

  private func run(
    _ method: Method,
    _ request: [UInt8],
    _ metadata: Metadata,
    _ call: Call
  ) {
    guard let dispatcher else { return call.resume(returning: .failure(Self.closed)) }
    guard let index = methods[method.description] else {
      let error = RPCError(code: .unimplemented, message: "unknown method \(method)")
      return call.resume(returning: .failure(error))
    }
    lastStream += 1
    var response = ResponseBuffer()
    let outcome = dispatch(index, request, Self.envelope(method, metadata), &response, dispatcher)
    switch outcome {
    case .replied where response.count > maxAnswerBytes:
      let error = RPCError(code: .resourceExhausted, message: "\(response.count) bytes")
      call.resume(returning: .failure(error))
    case .replied: call.resume(returning: .success(response.takeBytes()))
    case .failed(let error): call.resume(returning: .failure(error))
    case .pending: pending[lastStream] = call
    }
  }

  /// Passes a call to the dispatcher, with the metadata that an encoded envelope has.
  private func dispatch(
    _ index: Int,
    _ request: [UInt8],
    _ envelope: [UInt8],
    _ response: inout ResponseBuffer,
    _ dispatcher: any CallDispatcher
  ) -> UnaryOutcome {
    let target = ReplyTarget(connection: Self.connection, stream: lastStream)
    do {
      return try envelope.withUnsafeBytes { bytes in
        let view = try RequestView(decoding: bytes, maxMetadataBytes: 1 << 14, maxMetadataPairs: 64)
        let call = ServerCall(
          target: target,
          deadline: nil,
          metadata: view.metadata,
          peer: Peer(address: "in-process")
        )
        return dispatcher.unary(index, request.span.bytes, call, &response)
      }
    } catch {
      return .failed(RPCError(code: .internal, message: "\(error)"))
    }
  }

  /// Returns an encoded request without a payload: what a connection decodes before its call.
  package static func envelope(_ method: Method, _ metadata: Metadata) -> [UInt8] {
    var output = OutputBuffer()
    output.appendRequest(
      stream: 1,
      flags: [],
      method: method,
      payload: [],
      timeoutNanos: 0,
      metadata: metadata
    )
    return Array(output.takeAll().dropFirst(FrameHeader.byteCount))
  }

  /// Fails: streams need a server with a socket.
  package func stream(
    _ method: Method,
    _ request: [UInt8]?,
    _ options: CallOptions
  ) async throws(RPCError) -> any ClientStream {
    throw RPCError(code: .unimplemented, message: "\(method) is a stream")
  }

  /// Answers pending calls, behind the work that is queued on the loop.
  package func complete(_ completions: [Completion]) {
    eventLoop.execute {
      for completion in completions {
        self.pending.removeValue(forKey: completion.target.stream)?
          .resume(returning: completion.result)
      }
    }
  }

  /// Runs `work` behind the work that is queued on the loop.
  package func execute(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }

  /// Runs `work` on the loop after `delay`.
  package func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void) {
    eventLoop.scheduleTask(in: TimeAmount(delay), work)
  }

  private static let closed = RPCError(code: .unavailable, message: "the server is closed")
}
