import PatronModel
public import TTRPC
import TTRPCNIO

/// A key of the API, as `patrond keys create` prints it: `patron_`, letters and digits. A client
/// sends it with every call.
///
/// The text is a secret. Printing a key, or dumping a value that holds one, does not show it.
public struct ClientKey: Sendable {
  let text: String
  /// True if the key is from a file that every user of the machine may read or replace.
  public let isExposed: Bool

  private static let prefix = "patron_"
  /// The length of a key that has a checksum, in bytes.
  private static let wholeLength = APIKey.textLength
  /// The limit of a key, in bytes: twice as long as keys are.
  private static let maxBytes = 200

  /// Reads a key from text, such as an environment variable. Throws INVALID_ARGUMENT for anything
  /// that is no key, or a key with a wrong character; the message does not repeat the text.
  public init(_ text: String) throws(RPCError) {
    guard let key = Self.key(in: text) else { throw Self.malformed("the text") }
    guard Self.isWhole(key) else { throw Self.mistyped("the text") }
    self.text = key
    isExposed = false
  }

  /// Reads the key in a file. Throws FAILED_PRECONDITION if the file cannot be read, and
  /// INVALID_ARGUMENT if it holds no key, or one with a wrong character.
  public init(file path: String) throws(RPCError) {
    let file = try CredentialFile(path)
    guard file.bytes.count <= 4 * Self.maxBytes,
      let key = Self.key(in: String(decoding: file.bytes, as: UTF8.self))
    else { throw Self.malformed(path) }
    guard Self.isWhole(key) else { throw Self.mistyped(path) }
    text = key
    isExposed = file.isExposed
  }

  /// Returns false for a key of today's length whose checksum is that of another text. Keys of
  /// another length are for the server to judge, which may be of a later version.
  private static func isWhole(_ key: String) -> Bool {
    key.utf8.count != wholeLength || APIKey(key) != nil
  }

  /// Returns a key without white space around it, or nil. The form is checked, so that other
  /// secrets are not sent by mistake.
  private static func key(in text: String) -> String? {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    let bytes = text.utf8.drop(while: isSpace)
    let end = bytes.lastIndex { !isSpace($0) }.map { bytes.index(after: $0) } ?? bytes.startIndex
    let key = bytes[..<end]
    let isPlain = key.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
      default: false
      }
    }
    guard isPlain, key.count <= maxBytes, key.count > prefix.utf8.count else { return nil }
    let result = String(decoding: key, as: UTF8.self)
    return result.hasPrefix(prefix) ? result : nil
  }

  private static func mistyped(_ source: String) -> RPCError {
    RPCError(
      code: .invalidArgument,
      message:
        "the key in \(source) is mistyped: its checksum does not match; copy the whole key again"
    )
  }

  private static func malformed(_ source: String) -> RPCError {
    RPCError(
      code: .invalidArgument,
      message:
        "\(source) is no key; expected \(prefix), letters and digits, as `patrond keys create` "
        + "prints it"
    )
  }
}

extension ClientKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The word for a key in place of the key.
  public var description: String { "\(Self.prefix)…" }

  /// The word for a key in place of the key.
  public var debugDescription: String { description }

  /// A mirror without the text.
  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
