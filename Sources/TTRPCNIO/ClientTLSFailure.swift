import NIOCore
import NIOSSL
import TTRPC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The check of TLS that failed, as text for people.
struct ClientTLSFailure {
  /// The stable name of the check, as the `reason` of an ErrorInfo.
  let reason: String
  private let text: String
  private let isFinal: Bool

  private init(_ reason: String, _ text: String, isFinal: Bool = true) {
    self.reason = reason
    self.text = text
    self.isFinal = isFinal
  }

  /// Judges the error of a handshake. `certificate` is the server's, and `name` the one that it
  /// should have.
  init(
    _ error: any Error,
    certificate: NIOSSLCertificate?,
    name: String,
    settings: ClientTLS.Settings
  ) {
    let names = TLSErrorNames(error)
    if let failure = Self.refusedCertificate(names) ?? Self.otherProtocol(names, settings) {
      self = failure
    } else if Self.isWrongName(error) {
      self = Self.wrongName(name)
    } else if names.contains("CERTIFICATE_VERIFY_FAILED") {
      self = Self.unverified(certificate, settings)
    } else if names.isEnd || error is IOError || error is ClientHandshake.Ended {
      self = Self.closed
    } else if error is ClientHandshake.TimedOut {
      self = Self.slow
    } else {
      let cause = names.first.map { ": \($0)" } ?? ""
      self.init(
        "TLS_HANDSHAKE_FAILED",
        "the TLS handshake failed\(cause); the server's log may have the reason"
      )
    }
  }

  /// Judges the error of a connection whose handshake had succeeded on this side. In TLS 1.3 a
  /// server looks at the client's certificate after that. Nil if the error is another one.
  init?(afterHandshake error: any Error) {
    guard let failure = Self.refusedCertificate(TLSErrorNames(error)) else { return nil }
    self = failure
  }

  /// Returns the failure to connect to `target`.
  func connecting(to target: ClientTarget) -> ClientConnectFailure {
    ClientConnectFailure(error: error("cannot connect to \(target)"), isFinal: isFinal)
  }

  /// Returns UNAVAILABLE with `what` before the reason.
  func error(_ what: String) -> RPCError {
    RPCError(code: .unavailable, message: "\(what): \(text)").giving(reason: reason)
  }
}

// Kinds of errors.
extension ClientTLSFailure {
  private static func isWrongName(_ error: any Error) -> Bool {
    switch error {
    case NIOSSLError.unableToValidateCertificate, NIOSSLError.cannotMatchULabel: true
    case is ClientHandshake.WrongName: true
    case let error as NIOSSLExtraError:
      error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch
    default: false
    }
  }
}

// Failures.
extension ClientTLSFailure {
  private static func wrongName(_ name: String) -> ClientTLSFailure {
    ClientTLSFailure(
      "TLS_WRONG_NAME",
      "the server's certificate is not for \(name); use the name that it has, in the address or as "
        + "the server's name"
    )
  }

  /// Returns the failure of a certificate that is not accepted. The library does not report which
  /// check it was, so the certificate's times decide.
  private static func unverified(
    _ certificate: NIOSSLCertificate?,
    _ settings: ClientTLS.Settings
  ) -> ClientTLSFailure {
    let now = time(nil)
    if let certificate, certificate.notValidAfter < now {
      return ClientTLSFailure(
        "TLS_EXPIRED",
        "the server's certificate has expired; renew it on the server"
      )
    }
    if let certificate, certificate.notValidBefore > now {
      return ClientTLSFailure(
        "TLS_NOT_YET_VALID",
        "the server's certificate is not valid yet; check the clocks of both machines"
      )
    }
    let trusted = settings.caFile.map { "the CAs in \($0)" } ?? "the CAs of this system"
    return ClientTLSFailure(
      "TLS_UNKNOWN_CA",
      "the server's certificate is not signed by one of \(trusted), or one of these has expired; "
        + "name the file of the CA that signed it"
    )
  }

  private static func refusedCertificate(_ names: TLSErrorNames) -> ClientTLSFailure? {
    guard let alert = names.alert else { return nil }
    if alert == "CERTIFICATE_REQUIRED" {
      return ClientTLSFailure(
        "TLS_CLIENT_CERTIFICATE_REQUIRED",
        "the server wants a client certificate; name the files of one and of its key"
      )
    }
    let causes = [
      "UNKNOWN_CA": "is signed by a CA that the server does not trust",
      "CERTIFICATE_EXPIRED": "has expired",
      "CERTIFICATE_REVOKED": "is revoked",
      "UNSUPPORTED_CERTIFICATE": "is not made for clients (extended key usage clientAuth), or of a "
        + "kind that the server does not support",
      "BAD_CERTIFICATE": "was not accepted",
      "CERTIFICATE_UNKNOWN": "was not accepted",
      "DECRYPT_ERROR": "has a signature that does not fit",
      "ACCESS_DENIED": "has no access",
    ]
    guard let cause = causes[alert] else { return nil }
    return ClientTLSFailure(
      "TLS_CLIENT_CERTIFICATE_REFUSED",
      "the server refused the client certificate: it \(cause); use another one"
    )
  }

  private static func otherProtocol(
    _ names: TLSErrorNames,
    _ settings: ClientTLS.Settings
  ) -> ClientTLSFailure? {
    if names.contains("WRONG_VERSION_NUMBER") {
      return ClientTLSFailure(
        "TLS_NOT_SPOKEN",
        "the server does not speak TLS; write the address without tls://"
      )
    }
    if names.contains("ALERT_PROTOCOL_VERSION") || names.contains("UNSUPPORTED_PROTOCOL") {
      let version = settings.minVersion == .tls13 ? "TLS 1.3" : "TLS 1.2 or 1.3"
      return ClientTLSFailure(
        "TLS_VERSION",
        "the server does not speak \(version), which this client wants; renew the server"
          + (settings.minVersion == .tls13 ? ", or allow TLS 1.2" : "")
      )
    }
    if names.contains("ALERT_NO_APPLICATION_PROTOCOL") {
      return ClientTLSFailure(
        "TLS_OTHER_PROTOCOL",
        "the server speaks other protocols than ttrpc; check the address"
      )
    }
    return nil
  }

  private static let closed = ClientTLSFailure(
    "TLS_NOT_SPOKEN",
    "the server closed the connection during the TLS handshake; if it does not speak TLS, write "
      + "the address without tls://",
    isFinal: false
  )

  private static let slow = ClientTLSFailure(
    "TLS_TIMEOUT",
    "the TLS handshake took too long; check that the server there speaks TLS",
    isFinal: false
  )
}
