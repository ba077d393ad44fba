import PatronProto
import ProtobufC
import Synchronization
import TTRPC
import TTRPCNIO

/// The requests that a test's server received.
final class ServerLog: Sendable {
  private let seen = Mutex<[GetCustomerRequest]>([])

  /// Every request that could be decoded.
  var requests: [GetCustomerRequest] { seen.withLock { $0 } }

  func add(_ request: GetCustomerRequest) { seen.withLock { $0.append(request) } }
}

/// A dispatcher that answers GetCustomer with the request's own bytes, or with NOT_FOUND for some
/// customers. Customers with the external id `silent` get no answer.
final class EchoDispatcher: CallDispatcher {
  let methods = [CustomerService.getCustomer.method]
  private let log: ServerLog
  private let isMissing: @Sendable (String) -> Bool
  private let isSilent: Bool

  /// Creates a dispatcher; with `isSilent` it never answers.
  init(
    _ log: ServerLog,
    isSilent: Bool = false,
    isMissing: @escaping @Sendable (String) -> Bool
  ) {
    self.log = log
    self.isSilent = isSilent
    self.isMissing = isMissing
  }

  func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    guard let request = try? GetCustomerRequest(decoding: payload) else {
      return .failed(RPCError(code: .invalidArgument, message: "no GetCustomerRequest"))
    }
    log.add(request)
    guard case .externalID(let id)? = request.customer?.ref else {
      return .failed(RPCError(code: .invalidArgument, message: "no external id"))
    }
    if isSilent || id == "silent" { return .pending }
    if isMissing(id) {
      return .failed(RPCError(code: .notFound, message: "no such customer"))
    }
    response.append(payload)
    return .replied
  }

  func open(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    stream.finish(RPCError(code: .unimplemented, message: "no streams here"))
  }
}

/// Servers on a free port, for the duration of a test.
enum EchoServer {
  static func with<R: Sendable>(
    isMissing: @escaping @Sendable (String) -> Bool = { _ in false },
    _ body: (_ address: String, _ log: ServerLog) async throws -> R
  ) async throws -> R {
    let log = ServerLog()
    let server = try await TTRPCServer.start([.tcp(host: "127.0.0.1", port: 0)]) { _ in
      EchoDispatcher(log, isMissing: isMissing)
    }
    let result: Result<R, any Error>
    do {
      result = .success(try await body("\(server.addresses[0])", log))
    } catch {
      result = .failure(error)
    }
    await server.shutdown()
    return try result.get()
  }
}
