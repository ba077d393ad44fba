import NIOCore
import NIOPosix
import NIOSSL
import TTRPC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Errors of sockets as text for people: address, reason, remedy.
enum ClientSocketError {
  /// Returns the error of a connection that could not be made: UNAVAILABLE, or `error` if it is an
  /// ``RPCError``.
  static func refused(_ target: ClientTarget, _ error: any Error, timeout: Duration) -> RPCError {
    if let error = error as? RPCError { return error }
    return RPCError(
      code: .unavailable,
      message: "cannot connect to \(target): \(reason(error, target, timeout))"
    )
  }

  /// Returns the failure of the calls of a connection that ended while it was in use: UNAVAILABLE.
  static func lost(_ target: ClientTarget, _ error: (any Error)?) -> CallFailure {
    if let error, let refused = ClientTLSFailure(afterHandshake: error) {
      // The server has not read any call, and would refuse the certificate again.
      return CallFailure(refused.error("\(target) ended the connection"), reach: .notSent)
    }
    let reason =
      switch error {
      case nil, NIOSSLError.uncleanShutdown?: "the server closed it"
      case let error as IOError: describe(error.errnoCode)
      case is NIOSSLError, is BoringSSLError: "its TLS was broken"
      case let error?: "\(error)"
      }
    return CallFailure(
      RPCError(
        code: .unavailable,
        message: "the connection to \(target) was lost: \(reason); unanswered calls may have taken "
          + "effect"
      )
    )
  }

  private static func reason(
    _ error: any Error,
    _ target: ClientTarget,
    _ timeout: Duration
  ) -> String {
    switch error {
    case let error as IOError: return advise(error.errnoCode, target)
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first { return reason(first.error, target, timeout) }
      return "the host name is not known; check the address"
    case ChannelError.connectTimeout:
      return "no answer within \(timeout); check the address and the network between"
    default: return "\(error)"
    }
  }

  private static func advise(_ code: CInt, _ target: ClientTarget) -> String {
    let isUnix = if case .unix = target { true } else { false }
    return switch code {
    case ECONNREFUSED:
      isUnix
        ? "nobody listens on that socket; start the server or check the path"
        : "connection refused; start the server or check the address"
    case ENOENT: "there is no such socket; start the server or check the path"
    case EACCES: "permission denied; check who may use that socket"
    case ENAMETOOLONG:
      "its path is longer than the limit of \(ClientTarget.maxUnixPath) bytes; move it to a "
        + "shorter one"
    case EHOSTUNREACH, ENETUNREACH: "there is no route to it; check the address"
    default: "\(describe(code)); check the address"
    }
  }

  private static func describe(_ code: CInt) -> String {
    switch code {
    case ECONNRESET: "the server reset it"
    case EPIPE: "the server closed it"
    case ETIMEDOUT: "the network timed out"
    default: strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
  }
}
