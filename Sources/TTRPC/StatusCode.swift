/// A gRPC status code (https://grpc.io/docs/guides/status-codes/).
///
/// A struct rather than an enum: a peer may send a number that is not among the seventeen.
public struct StatusCode: RawRepresentable, Sendable, Hashable {
  /// The number on the wire.
  public let rawValue: Int32

  /// Creates a code from any number; only 0 to 16 have a name.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// The call succeeded.
  public static let ok = StatusCode(rawValue: 0)
  /// The caller cancelled the call.
  public static let cancelled = StatusCode(rawValue: 1)
  /// An error without a better code.
  public static let unknown = StatusCode(rawValue: 2)
  /// The request is wrong whatever the state of the system.
  public static let invalidArgument = StatusCode(rawValue: 3)
  /// The deadline passed before the call ended.
  public static let deadlineExceeded = StatusCode(rawValue: 4)
  /// The requested object does not exist.
  public static let notFound = StatusCode(rawValue: 5)
  /// The object to create exists already.
  public static let alreadyExists = StatusCode(rawValue: 6)
  /// The caller is known but may not do this.
  public static let permissionDenied = StatusCode(rawValue: 7)
  /// A limit was reached: a queue, a quota, the disk.
  public static let resourceExhausted = StatusCode(rawValue: 8)
  /// The system is not in the state that the call requires.
  public static let failedPrecondition = StatusCode(rawValue: 9)
  /// The call met a concurrent change and may be tried again at a higher level.
  public static let aborted = StatusCode(rawValue: 10)
  /// A position past the kept or valid range.
  public static let outOfRange = StatusCode(rawValue: 11)
  /// The method does not exist here.
  public static let unimplemented = StatusCode(rawValue: 12)
  /// An invariant of the system broke.
  public static let `internal` = StatusCode(rawValue: 13)
  /// The service cannot be reached now; trying again may help.
  public static let unavailable = StatusCode(rawValue: 14)
  /// Data was lost or corrupted beyond repair.
  public static let dataLoss = StatusCode(rawValue: 15)
  /// The caller is not known.
  public static let unauthenticated = StatusCode(rawValue: 16)

  static let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]
}

extension StatusCode: CustomStringConvertible {
  /// The name as gRPC spells it, or `CODE_<number>`.
  public var description: String {
    StatusCode.names.indices.contains(Int(rawValue))
      ? StatusCode.names[Int(rawValue)] : "CODE_\(rawValue)"
  }
}
