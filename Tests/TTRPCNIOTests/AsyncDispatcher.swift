import ProtoWire
import Synchronization
import TTRPC

/// A dispatcher that runs each call of an ``AsyncService`` in a task of its own. The task is
/// cancelled if the call ends early.
final class AsyncDispatcher: CallDispatcher {
  let methods: [Method]
  private let handlers: [AsyncService.Handler]
  private let loop: any ServerLoop
  private let pending = PendingTasks()

  init(_ service: AsyncService, loop: any ServerLoop) {
    methods = service.methods
    handlers = service.handlers
    self.loop = loop
  }

  func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    guard case .unary(let body) = handlers[method] else { return .failed(Self.wrongKind) }
    let request = [UInt8](copying: payload)
    let info = AsyncCall(call)
    let (loop, pending) = (loop, pending)
    pending.start(info.target) {
      let result: Result<[UInt8], RPCError>
      do throws(RPCError) {
        result = .success(try await body(request, info))
      } catch {
        result = .failure(error)
      }
      pending.remove(info.target)
      loop.complete([Completion(target: info.target, result: result)])
    }
    return .pending
  }

  func open(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    Self.start(handlers[method], [UInt8](copying: payload), AsyncCall(call), stream)
  }

  private static func start(
    _ handler: AsyncService.Handler,
    _ request: [UInt8],
    _ info: AsyncCall,
    _ stream: any ServerStream
  ) {
    let requests = RequestStream(stream)
    let sink = ResponseSink(stream)
    let task = Task { await run(handler, request, requests, sink, info, stream) }
    stream.onCancel { error in
      requests.fail(error)
      sink.fail(error)
      task.cancel()
    }
  }

  private static func run(
    _ handler: AsyncService.Handler,
    _ request: [UInt8],
    _ requests: RequestStream,
    _ sink: ResponseSink,
    _ info: AsyncCall,
    _ stream: any ServerStream
  ) async {
    do throws(RPCError) {
      switch handler {
      case .unary: throw wrongKind
      case .clientStreaming(let body): stream.send(try await body(requests, info))
      case .serverStreaming(let body): try await body(request, sink, info)
      case .bidirectional(let body): try await body(requests, sink, info)
      }
      stream.finish(nil)
    } catch {
      stream.finish(error)
    }
  }

  func abandoned(_ target: ReplyTarget, _ reason: RPCError) { pending.cancel(target) }

  private static let wrongKind = RPCError(
    code: .internal,
    message: "the method was dispatched as a call of another kind"
  )
}

extension AsyncCall {
  fileprivate init(_ call: borrowing ServerCall) {
    self.init(
      target: call.target,
      deadline: call.deadline,
      metadata: call.metadata.all,
      peer: call.peer
    )
  }
}

/// The tasks of unary calls that have not been answered.
private final class PendingTasks: Sendable {
  private let tasks = Mutex<[ReplyTarget: Task<Void, Never>]>([:])

  /// Starts a task under the lock, so that it is entered before it can remove itself.
  func start(_ target: ReplyTarget, _ body: @escaping @Sendable () async -> Void) {
    tasks.withLock { $0[target] = Task(operation: body) }
  }

  func remove(_ target: ReplyTarget) {
    tasks.withLock { _ = $0.removeValue(forKey: target) }
  }

  func cancel(_ target: ReplyTarget) {
    tasks.withLock { $0.removeValue(forKey: target) }?.cancel()
  }
}
