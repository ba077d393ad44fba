import PatronProto
import ProtobufC
import Synchronization
import TTRPC
import TTRPCNIO

/// What a test's server has seen.
final class ServerLog: Sendable {
  private let seen = Mutex<[GetCustomerRequest]>([])

  /// Every request that could be decoded.
  var requests: [GetCustomerRequest] { seen.withLock { $0 } }

  func add(_ request: GetCustomerRequest) { seen.withLock { $0.append(request) } }
}

/// Answers GetCustomer with the request's own bytes, and NOT_FOUND for some customers. A customer
/// whose external id is `silent` is never answered.
final class EchoDispatcher: CallDispatcher {
  let methods = [CustomerService.getCustomer.method]
  private let log: ServerLog
  private let isMissing: @Sendable (String) -> Bool
  private let isSilent: Bool

  /// Makes a dispatcher; one that is silent answers nothing.
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
    _ payload: UnsafeRawBufferPointer,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    guard let request = try? GetCustomerRequest(decoding: Array(payload)) else {
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
    _ payload: UnsafeRawBufferPointer,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    stream.finish(RPCError(code: .unimplemented, message: "no streams here"))
  }
}

/// A server on a free port, for the time of a test.
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
