/// The reason why a message could not be decoded or encoded: the place and the problem, never
/// the value.
public struct CodecError: Error, Sendable, Equatable {
  /// The field, as a path of proto names from the outermost message: `customers[3].email`. Empty
  /// for the message as a whole.
  public var path: String
  /// The problem with the field.
  public var reason: Reason

  /// Creates an error about the field at `path`.
  public init(_ reason: Reason, path: String = "") {
    self.reason = reason
    self.path = path
  }

  /// The problems of an encoded message or of a value to encode.
  public enum Reason: Sendable, Hashable {
    /// The message ends inside a field.
    case truncated
    /// A varint is longer than its type allows.
    case malformedVarint
    /// A tag with field number 0 or above the maximum, or an unknown wire type.
    case malformedTag
    /// A length that does not fit the message or the element type.
    case malformedLength
    /// A wire type that belongs to another type of field.
    case wrongWireType
    /// A group (proto2), which is not supported.
    case group
    /// A string that is not UTF-8.
    case invalidUTF8
    /// A string that contains U+0000.
    case embeddedNUL
    /// A packed bool that is neither 0 nor 1.
    case invalidBool
    /// A sub-message that is not repeated and occurs twice.
    case duplicateMessage
    /// Messages nested deeper than `limit`.
    case tooDeep(limit: Int)
    /// More elements than decoding has memory for; `limit` in bytes.
    case tooManyElements(limit: Int)
    /// A full arena; `limit` in bytes.
    case outOfMemory(limit: Int)
    /// A message that libprotobuf-c refused.
    case refused
    /// An `Any` or a call of a message type that is not compiled in.
    case unknownType
  }

  /// Returns the error with `field` before its path: the field of the outer message that holds this
  /// one.
  func inside(_ field: String) -> CodecError {
    if path.isEmpty { return CodecError(reason, path: field) }
    return CodecError(reason, path: path.first == "[" ? field + path : "\(field).\(path)")
  }
}

extension CodecError: CustomStringConvertible {
  /// The path and the problem: `customers[3].email: invalid UTF-8`.
  public var description: String { path.isEmpty ? reason.description : "\(path): \(reason)" }
}

extension CodecError.Reason: CustomStringConvertible {
  /// One phrase, without the value.
  public var description: String {
    switch self {
    case .truncated: "the message ends inside a field"
    case .malformedVarint: "malformed varint"
    case .malformedTag: "malformed tag"
    case .malformedLength: "malformed length"
    case .wrongWireType: "wrong wire type for the field"
    case .group: "groups are not supported"
    case .invalidUTF8: "invalid UTF-8"
    case .embeddedNUL: "string contains U+0000"
    case .invalidBool: "packed bool is neither 0 nor 1"
    case .duplicateMessage: "sub-message occurs twice"
    case .tooDeep(let limit): "messages nested deeper than \(limit)"
    case .tooManyElements(let limit):
      "too many elements: decoding needs more than \(limit) bytes of memory"
    case .outOfMemory(let limit): "needs more than \(limit) bytes of memory"
    case .refused: "not a valid message"
    case .unknownType: "unknown message type"
    }
  }
}
