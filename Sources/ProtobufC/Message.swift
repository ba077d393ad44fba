/// A protobuf message as a Swift value. Conformances are generated from `proto/`. The struct that
/// libprotobuf-c reads and writes stays behind raw pointers, so that the API has no C types.
public protocol Message: Sendable, Equatable {
  /// libprotobuf-c's description of the message.
  static var descriptor: MessageDescriptor { get }

  /// Creates a message with every field absent or at its default.
  init()

  /// Copies the fields of the C struct at `source`. It must come from an unpack that ``WireCheck``
  /// has accepted, so that strings are valid UTF-8 without NUL.
  init(fromC source: UnsafeRawPointer)

  /// Fills the C struct at `target`, which must be initialised for this message. Allocates the
  /// memory behind its pointers in `arena`. Throws ``CodecError`` if the arena is full or a string
  /// contains U+0000.
  func fillC(_ target: UnsafeMutableRawPointer, in arena: borrowing Arena) throws(CodecError)
}
