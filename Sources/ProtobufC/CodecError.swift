/// Why a message could not be decoded or encoded: where and what, never the value.
public struct CodecError: Error, Sendable, Equatable {
  /// The field, as a path of proto names from the outermost message: `customers[3].email`. Empty
  /// when the message as a whole is meant.
  public var path: String
  /// What is wrong.
  public var reason: Reason

  /// An error about the field at `path`.
  public init(_ reason: Reason, path: String = "") {
    self.reason = reason
    self.path = path
  }

  /// What can be wrong with an encoded message or with a value to encode.
  public enum Reason: Sendable, Hashable {
    /// The message ends inside a field.
    case truncated
    /// A varint is longer than its type allows.
    case malformedVarint
    /// A tag with field number 0 or past the greatest one, or an unknown wire type.
    case malformedTag
    /// A length that does not fit the message or the element type.
    case malformedLength
    /// The field came with a wire type of another type of field.
    case wrongWireType
    /// Groups are not supported.
    case group
    /// A string is not UTF-8.
    case invalidUTF8
    /// A string contains U+0000.
    case embeddedNUL
    /// A packed bool is neither 0 nor 1.
    case invalidBool
    /// A sub-message that is not repeated occurs twice.
    case duplicateMessage
    /// Messages are nested too deeply.
    case tooDeep(limit: Int)
    /// Decoding would need more memory than allowed.
    case tooManyElements(limit: Int)
    /// The arena is full.
    case outOfMemory(limit: Int)
    /// libprotobuf-c refused the message.
    case refused
    /// An `Any` or a call names a message type that is not compiled in.
    case unknownType
  }

  /// The same error seen from the message that holds this one as `field`.
  func inside(_ field: String) -> CodecError {
    if path.isEmpty { return CodecError(reason, path: field) }
    return CodecError(reason, path: path.first == "[" ? field + path : "\(field).\(path)")
  }
}

extension CodecError: CustomStringConvertible {
  /// `customers[3].email: invalid UTF-8`.
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
