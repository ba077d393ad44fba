import NIOCore
import NIOPosix
import TTRPC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The Unix socket of the server's operator. Only processes of the server's own user and of root
/// may call on it. Its connections need no place, so that an operator gets in when clients have
/// taken all of them.
enum ServerOperatorSocket {
  /// Listens at `path`, which may be longer than a socket address. A socket file that is there is
  /// replaced: the caller owns the directory, so its process has ended.
  static func listen(
    _ path: String,
    with bootstrap: ServerBootstrap
  ) async throws(ListenError) -> any Channel {
    do {
      let short = try UnixSocketPath(path)
      defer { withExtendedLifetime(short) {} }
      try removeStale(short.text, named: path)
      let channel = try await bootstrap.bind(unixDomainSocketPath: short.text).get()
      guard chmod(short.text, 0o600) == 0 else {
        let problem = TTRPCServer.reason(IOError(errnoCode: errno, reason: "chmod"))
        try? await channel.close()
        unlink(short.text)
        throw ListenError("cannot set the permissions of unix:\(path): \(problem)")
      }
      return channel
    } catch let error as ListenError {
      throw error
    } catch {
      throw ListenError("cannot listen on unix:\(path): \(TTRPCServer.reason(error))")
    }
  }

  /// Refuses `addresses` if one of them is `path`, however it is written: whoever listened second
  /// would take the socket file from the other.
  static func check(_ path: String?, isApartFrom addresses: [ListenAddress]) throws(ListenError) {
    guard let path else { return }
    for case .unix(let other, _) in addresses where isSame(path, other) {
      throw ListenError(
        "cannot listen on unix:\(other): it is the socket of the server's operator, on which the "
          + "server listens by itself; use another path"
      )
    }
  }

  /// Returns true if two paths have one name in one directory.
  private static func isSame(_ path: String, _ other: String) -> Bool {
    let (first, second) = (split(path), split(other))
    var (a, b) = (stat(), stat())
    return first.name == second.name && stat(first.directory, &a) == 0
      && stat(second.directory, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino
  }

  private static func split(_ path: String) -> (directory: String, name: Substring) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path[...]) }
    return (String(path[...slash]), path[path.index(after: slash)...])
  }

  /// Removes the socket file of a server that stops.
  static func remove(_ path: String) { unlink(path) }

  private static func removeStale(_ path: String, named name: String) throws(ListenError) {
    var information = stat()
    guard lstat(path, &information) == 0 else { return }
    guard information.st_mode & S_IFMT == S_IFSOCK else {
      throw ListenError("cannot listen on unix:\(name): there is a file that is no socket; move it")
    }
    unlink(path)
  }
}

extension ServerConnections {
  /// Returns the handler for a connection that was accepted on the operator's socket. One of
  /// another user, and one too many, is refused with an answer.
  func makeOperatorHandler(for channel: any Channel) -> ServerHandler {
    shared.connectionOpened()
    var caller: UnixCredentials?
    ServerUnixSocket.credentials(of: channel) { caller = $0 }
    let refusal = operatorRefusal(caller)
    let isOperator = refusal == nil && shared.takeOperatorPlace()
    return ServerHandler(
      self,
      host: nil,
      place: isOperator ? .uncounted : .none,
      refusal: isOperator ? nil : refusal ?? shared.tooManyOperators
    )
  }

  private func operatorRefusal(_ caller: UnixCredentials?) -> RPCError? {
    if let caller, caller.uid == 0 || caller.uid == geteuid() { return nil }
    // The mode of the file keeps others out if the system does not tell.
    if caller == nil, !ServerUnixSocket.knowsCredentials { return nil }
    return RPCError(
      code: .permissionDenied,
      message: """
        this socket is for the user of the server and for root: run the command as user \
        \(geteuid()), or call another address with a key
        """
    )
  }
}
