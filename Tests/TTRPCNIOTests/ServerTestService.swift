import ProtoWire
import Synchronization
import TTRPC
import TTRPCNIO

/// The methods that containerd's own integration tests use, and a few that misbehave on purpose.
/// Numbers are single bytes, so that tests read without an encoder.
enum ServerTestService {
  static let echo = method("Echo", .unary)
  static let later = method("Later", .unary)
  static let asyncEcho = method("AsyncEcho", .unary)
  static let never = method("Never", .unary)
  static let sum = method("SumStream", .clientStreaming)
  static let divide = method("DivideStream", .serverStreaming)
  static let flood = method("Flood", .serverStreaming)
  static let overflow = method("Overflow", .serverStreaming)
  static let echoStream = method("EchoStream", .bidirectionalStreaming)
  static let ignore = method("Ignore", .bidirectionalStreaming)
  /// Writes what the server knows of the peer into the journal.
  static let whoAmI = method("WhoAmI", .unary)

  static let floodMessageBytes = 10_000
  static let floodMessages = 2_000

  private static func method(_ name: String, _ kind: MethodKind) -> Method {
    Method(service: "test.v1.Streaming", name: name, kind: kind, idempotency: .unknown)
  }

  /// A record of events of calls, for tests to check.
  final class Journal: Sendable {
    private let lines = Mutex<[String]>([])
    /// The calls of Later that have begun.
    let laterCalls = Atomic<Int>(0)
    func write(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }

    func waits(for line: String) async throws -> Bool {
      for _ in 0..<10_000 {
        if all.contains(line) { return true }
        try await Task.sleep(for: .milliseconds(1))
      }
      return false
    }
  }

  static func start(
    _ address: ListenAddress = .tcp(host: "127.0.0.1", port: 0),
    threads: Int = 1,
    limits: Limits = Limits(),
    journal: Journal = Journal(),
    tls: ServerTLS? = nil
  ) async throws -> TTRPCServer {
    var configuration = TTRPCServer.Configuration()
    configuration.tls = tls
    configuration.onNotice = { journal.write("notice \($0)") }
    configuration.limits = limits
    configuration.threads = threads
    configuration.onClose = { peer, reason in journal.write("close \(reason)") }
    return try await TTRPCServer.start([address], configuration: configuration) { loop in
      ComposedDispatcher([
        ServerTestUnary(loop: loop, journal: journal),
        AsyncDispatcher(service(journal), loop: loop),
      ])
    }
  }

  private static func service(_ journal: Journal) -> AsyncService {
    var service = AsyncService()
    service.unary(asyncEcho) { request, _ in request }
    service.unary(never) { _, _ throws(RPCError) in
      try? await Task.sleep(for: .seconds(600))
      journal.write("never was cancelled")
      return []
    }
    service.clientStreaming(sum) { requests, _ throws(RPCError) in
      var total: UInt8 = 0
      while let message = try await requests.next() { total &+= message.first ?? 0 }
      return [total]
    }
    // DivideStream: as many messages as 100 divided by the request.
    service.serverStreaming(divide) { request, responses, _ throws(RPCError) in
      guard let divisor = request.first, divisor != 0 else {
        throw RPCError(code: .invalidArgument, message: "cannot divide by zero")
      }
      for index in 0..<(100 / divisor) { try await responses.send([index]) }
    }
    service.serverStreaming(flood) { _, responses, _ throws(RPCError) in
      let message = [UInt8](repeating: 1, count: floodMessageBytes)
      responses.onWait { journal.write("flood waits") }
      do throws(RPCError) {
        for index in 0..<floodMessages {
          try await responses.send(message)
          if index == floodMessages - 1 { journal.write("flood was sent") }
        }
      } catch {
        journal.write("flood ended \(error.code)")
        throw error
      }
    }
    service.bidirectional(echoStream) { requests, responses, _ throws(RPCError) in
      do throws(RPCError) {
        while let message = try await requests.next() { try await responses.send(message) }
      } catch {
        journal.write("echo ended \(error.code)")
        throw error
      }
    }
    return service
  }
}

/// Methods without tasks: answered inline, answered from another thread, and a stream that
/// disregards its limits.
final class ServerTestUnary: CallDispatcher {
  let methods = [
    ServerTestService.echo, ServerTestService.later, ServerTestService.overflow,
    ServerTestService.ignore, ServerTestService.whoAmI,
  ]
  private let loop: any ServerLoop
  private let journal: ServerTestService.Journal

  init(loop: any ServerLoop, journal: ServerTestService.Journal) {
    self.loop = loop
    self.journal = journal
  }

  func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    if method == 0 {
      response.append(payload)
      return .replied
    }
    if method == 4 {
      for name in call.peer.certificateNames { journal.write("peer \(name)") }
      if let peer = call.peer.credentials {
        journal.write("peer process \(peer.pid) user \(peer.uid) group \(peer.gid)")
      }
      journal.write("peer at \(call.peer.address)")
      return .replied
    }
    journal.laterCalls.add(1, ordering: .relaxed)
    let (loop, target, bytes) = (loop, call.target, [UInt8](copying: payload))
    Task.detached {
      loop.complete([Completion(target: target, result: .success(bytes))])
    }
    return .pending
  }

  func open(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    // Ignore: never consumes. Overflow: sends without waiting.
    if method == 2 {
      for _ in 0..<400 { stream.send([UInt8](repeating: 2, count: 10_000)) }
    } else {
      stream.onMessage { _ in }
    }
  }
}
