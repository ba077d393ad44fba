import Glibc
import PatronProto
import ProtobufC
import TTRPC

/// A socket without a client. It polls, so that it blocks no thread.
final class RawConnection {
  private let descriptor: Int32
  private var received: [UInt8] = []

  /// Connects to `HOST:PORT` on the loopback interface, or to `unix:PATH`.
  init(_ address: String) throws {
    if address.hasPrefix("unix:") {
      descriptor = try Self.connectUnix(String(address.dropFirst("unix:".count)))
    } else {
      descriptor = try Self.connectTCP(address)
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  deinit { close(descriptor) }

  private static func connectTCP(_ address: String) throws -> Int32 {
    let parts = address.split(separator: ":")
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = UInt16(parts.last ?? "").map(\.bigEndian) ?? 0
    guard inet_pton(AF_INET, String(parts[0]), &target.sin_addr) == 1 else {
      throw HarnessError("\(address) is not an address")
    }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &target) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    return try connected(descriptor, result, address)
  }

  private static func connectUnix(_ path: String) throws -> Int32 {
    var target = sockaddr_un()
    target.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &target) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    return try connected(descriptor, result, path)
  }

  private static func connected(_ descriptor: Int32, _ result: Int32, _ name: String) throws
    -> Int32
  {
    guard result == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw HarnessError("cannot connect to \(name): \(reason)")
    }
    return descriptor
  }

  /// Sends all bytes. Returns false if the peer has closed the connection.
  @discardableResult
  func send(_ bytes: [UInt8]) async throws -> Bool {
    var rest = bytes[...]
    let deadline = ContinuousClock.now + .seconds(10)
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        guard ContinuousClock.now < deadline else { throw HarnessError("the peer does not read") }
        try await Task.sleep(for: .milliseconds(1))
      } else {
        return false
      }
    }
    return true
  }

  /// Sends the bytes that the system takes at once. Returns their number; 0 also if the peer has
  /// closed the connection.
  func offer(_ bytes: ArraySlice<UInt8>) -> Int {
    max(
      0,
      bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
    )
  }

  /// Closes the sending side.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Returns the next frame, or nil if the peer has closed the connection.
  func receive(within limit: Duration = .seconds(10)) async throws -> RawFrame? {
    let deadline = ContinuousClock.now + limit
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let frame = takeFrame() { return frame }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 {
        received += buffer[..<count]
      } else if count < 0 && errno == EAGAIN {
        guard ContinuousClock.now < deadline else {
          throw HarnessError("nothing came within \(limit)")
        }
        try await Task.sleep(for: .milliseconds(1))
      } else {
        return nil
      }
    }
  }

  /// Returns all that the peer sends until it closes the connection.
  func text(within limit: Duration = .seconds(30)) async throws -> String {
    let deadline = ContinuousClock.now + limit
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 {
        received += buffer[..<count]
      } else if count < 0 && errno == EAGAIN {
        guard ContinuousClock.now < deadline else {
          throw HarnessError("the peer did not close within \(limit)")
        }
        try await Task.sleep(for: .milliseconds(1))
      } else {
        return String(decoding: received, as: UTF8.self)
      }
    }
  }

  private func takeFrame() -> RawFrame? {
    guard received.count >= FrameHeader.byteCount else { return nil }
    let header = received.withUnsafeBytes { FrameHeader(decoding: $0.baseAddress!) }
    let end = FrameHeader.byteCount + Int(header.length)
    guard received.count >= end else { return nil }
    let frame = RawFrame(header: header, body: Array(received[FrameHeader.byteCount..<end]))
    received.removeFirst(end)
    return frame
  }
}

struct RawFrame {
  let header: FrameHeader
  let body: [UInt8]

  /// The status of a Response frame; OK if it has none.
  var status: RPCError? {
    guard header.type == .response else { return nil }
    let fields = try? ResponseEnvelope.fields(body)
    guard let bytes = fields?[1], let status = try? GoogleRPC.Status(decoding: bytes) else {
      return RPCError(code: fields == nil ? .internal : .ok, message: "")
    }
    return RPCError(
      code: StatusCode(rawValue: status.code),
      message: status.message,
      details: status.details.map { StatusDetail(typeURL: $0.typeURL, value: $0.value) }
    )
  }
}

/// The two length-delimited fields of a `ttrpc.Response`.
enum ResponseEnvelope {
  static func fields(_ bytes: [UInt8]) throws -> [Int: [UInt8]] {
    var fields: [Int: [UInt8]] = [:]
    var at = 0
    func varint() throws -> Int {
      var value = 0
      for shift in stride(from: 0, to: 63, by: 7) {
        guard at < bytes.count else { throw HarnessError("a Response ends early") }
        value |= Int(bytes[at] & 0x7f) << shift
        at += 1
        if bytes[at - 1] < 0x80 { return value }
      }
      throw HarnessError("a Response has a number that is too long")
    }
    while at < bytes.count {
      let tag = try varint()
      let length = try varint()
      guard tag & 7 == 2, at + length <= bytes.count else {
        throw HarnessError("a Response has a field of another kind")
      }
      fields[tag >> 3] = Array(bytes[at..<at + length])
      at += length
    }
    return fields
  }
}
